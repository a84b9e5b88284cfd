import contextlib
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.catalogue import index
from sparkcls.catalogue.index import Entry, compatible, meant_entry, parse_index
from sparkcls.errors import ModelFormatError
from tests import server

LINE = {"name": "m", **server.LINE}


def parse(text):
    return parse_index(text.encode())


def entry(**changes):
    return parse(json.dumps(LINE | changes))[0]


def versions(*parts):
    return {"parts": list(parts)}


def test_an_entry_and_its_key():
    read = entry()
    assert read == Entry(
        "m", "en", (3, 3, 3), (3, 0), 1637502669757, True, True, "ml", "", "DistilBertForSequenceClassification"
    )
    assert read.key == "m_en_3.3.3_3.0_1637502669757"


def test_a_bare_name_is_its_own_key():
    read = parse('{"name": "bare"}')[0]
    assert (read.key, read.zipped, read.ready, read.category) == ("bare", False, False, "nd")


def test_bad_lines_are_left_out_and_logged(caplog):
    lines = [
        "",
        "{",
        "[]",
        "7",
        '{"name": 3}',
        json.dumps(LINE),
        "   ",
        '{"name": "m", "libVersion": 3}',
        "[" * 100_000,
    ]
    with caplog.at_level(logging.WARNING):
        assert [e.name for e in parse("\r\n".join(lines))] == ["m"]
    assert "6 lines left out" in caplog.text
    assert "line 2" in caplog.text


def test_no_line_at_all_is_an_empty_index_and_no_good_line_is_an_error():
    assert parse("\n \n") == []
    with pytest.raises(ModelFormatError, match="not one line is an entry"):
        parse("<html>\n<body>")


def test_an_index_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(index, "MOST_LINES", 3)
    line = json.dumps(LINE)
    assert len(parse("\n".join([line] * 3))) == 3
    for many in ([line] * 4, [""] * 5, ["{"] * 4):
        with pytest.raises(ModelFormatError, match="more than 3 lines"):
            parse("\n".join(many))


def test_a_line_without_end_is_left_out(caplog):
    long = json.dumps(LINE | {"engine": "x" * (1 << 20)})
    assert len(parse(f"{long}\n{json.dumps(LINE)}")) == 1
    assert "line 1: ValueError 10" in caplog.text


def test_thousands_of_entries_cost_little():
    one, other = parse("\n".join(json.dumps(LINE | {"name": f"model_{i}"}) for i in range(2)))
    assert not hasattr(one, "__dict__")
    assert one.annotator is other.annotator, "what is in every line is there once"
    assert one.language is other.language


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "a\x1b[2J"},
        {"name": "\ud800"},
        {"name": "x" * 201},
        {"language": "e\nn"},
        {"annotator": "\x07"},
        {"folder": "../up", "files": {"a": "0" * 64}},
        {"folder": "/etc", "files": {"a": "0" * 64}},
        {"folder": "m", "files": {}},
        {"folder": "m", "files": {"../a": "0" * 64}},
        {"folder": "m", "files": {"a": "short"}},
        {"time": "yesterday"},
        {"libVersion": {"parts": ["3"]}},
        {"libVersion": {"parts": [True]}},
        {"isZipped": "yes"},
    ],
)
def test_what_leads_out_of_the_folder_or_is_malformed_is_no_entry(bad):
    with pytest.raises(ModelFormatError):
        entry(**bad)


@given(st.text())
def test_whatever_the_text_only_our_error(text):
    with contextlib.suppress(ModelFormatError):
        parse(text)


@given(st.binary())
def test_whatever_the_bytes_only_our_error(content):
    with contextlib.suppress(ModelFormatError):
        parse_index(content)


@given(
    st.dictionaries(
        st.sampled_from([*LINE, "folder", "files", "engine"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["parts", "a"]), inner),
            max_leaves=5,
        ),
    )
)
def test_whatever_the_fields_only_our_error(changes):
    try:
        for read in parse(json.dumps(LINE | changes)):
            assert isinstance(read.key, str)
            meant_entry([read], "m", "en")
    except ModelFormatError:
        pass


@pytest.mark.parametrize(
    ("current", "found", "expected"),
    [
        ((7, 0, 0), (3, 3, 3), True),
        ((4, 1, 2), (3, 0), True),
        ((4, 1, 2), (4, 1, 2), True),
        ((4, 1, 2), (4, 1, 3), False),
        ((4, 1, 2), (4, 2), False),
        ((4, 1), (4, 1, 0), False),
        ((4, 1), (), True),
        ((3, 10, 0), (3, 9), True),
    ],
)
def test_compatible(current, found, expected):
    assert compatible(current, found) == expected


def test_spark_then_library_then_time():
    old = entry(time="2020-01-01T00:00:00.000Z")
    new = entry(time="2022-01-01T00:00:00.000Z")
    library = entry(libVersion=versions(3, 10, 0), time="2019-01-01T00:00:00.000Z")
    nine = entry(libVersion=versions(3, 9, 0), time="2023-01-01T00:00:00.000Z")
    spark = entry(sparkVersion=versions(3, 4), libVersion=versions(3, 0, 0))
    assert meant_entry([old, new], "m", "en") is new
    assert meant_entry([old, library, new, nine], "m", "en") is library, "3.10 is newer than 3.9"
    assert meant_entry([library, spark, new], "m", "en") is spark


def test_readable_engines_win_among_equal_versions():
    late = "2023-01-01T00:00:00.000Z"
    openvino, onnx, plain = entry(engine="openvino", time=late), entry(engine="onnx"), entry()
    assert meant_entry([openvino, onnx], "m", "en") is onnx
    assert meant_entry([openvino, plain], "m", "en") is plain
    assert meant_entry([openvino], "m", "en") is openvino, "alone it is chosen, and reading it says why it cannot be"


@pytest.mark.parametrize(
    "changes",
    [
        {"readyToUse": False},
        {"language": "de"},
        {"annotator": "BertForTokenClassification"},
        {"category": "pl"},
        {"libVersion": None},
        {"sparkVersion": None},
        {"libVersion": versions(8, 0, 0)},
        {"sparkVersion": versions(5, 0)},
        {"name": "M"},
    ],
)
def test_not_a_candidate(changes):
    assert meant_entry([entry(**changes)], "m", "en") is None


def test_absent_language_and_annotator_count():
    assert meant_entry([entry(language=None, annotator=None)], "m", "fr") is not None
