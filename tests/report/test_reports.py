"""Reports of all shapes: valid, self-contained, small, complete, and with nothing in them that acts."""

import html
import re
from pathlib import Path

import html5lib
import pandas as pd
import pytest

import sparkcls
from sparkcls.errors import ParamError, ParamFileError, ParamTypeError
from sparkcls.report.page import document, fragment
from sparkcls.summary import About
from tests.report.samples import ATTACK, evaluation_of, every_report, summary_of

REPORTS = every_report()
#: All elements that a report may have.
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "div",
        "header",
        "nav",
        "section",
        "footer",
        "h1",
        "h2",
        "h3",
    ),
    *("p", "ul", "ol", "li", "dl", "dt", "dd", "a", "b", "i", "bdi", "span", "small", "wbr", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
    *("svg", "desc", "text", "rect", "line", "circle", "polyline"),
}


def elements(markup, whole):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    return list((parser.parse(markup) if whole else parser.parseFragment(markup)).iter())


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("whole", [True, False], ids=["page", "notebook"])
def test_valid_and_inert(name, whole):
    made = document(REPORTS[name].page()) if whole else REPORTS[name]._repr_html_()
    made.encode("utf-8")
    assert len(made) < 300_000
    found = elements(made, whole)
    tags = {re.sub(r"\{.*\}", "", str(e.tag)) for e in found}
    assert tags <= ELEMENTS | {"DOCUMENT_ROOT", "DOCUMENT_FRAGMENT"}
    ids = [e.attrib["id"] for e in found if "id" in e.attrib]
    # Several may stand in one notebook.
    assert len(ids) == len(set(ids)) if whole else not ids
    for e in found:
        assert not [a for a in e.attrib if a.startswith("on") or a in ("style", "src", "srcdoc", "action")]
        assert e.attrib.get("href", "#part-").startswith("#part-")
    for svg in (e for e in found if str(e.tag).endswith("svg") and e.attrib.get("aria-hidden") != "true"):
        assert svg.attrib["role"] == "img"
        assert [str(child.tag).rpartition("}")[2] for child in list(svg)[:2]] == ["title", "desc"]
        assert all(child.text for child in list(svg)[:2])


def test_the_policy_allows_its_own_style_alone():
    made = document(summary_of(2).page())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', made)
    assert re.fullmatch(
        r"default-src &#x27;none&#x27;; style-src &#x27;sha256-[\w+/=]+&#x27;; base-uri &#x27;none&#x27;; "
        r"form-action &#x27;none&#x27;",
        policy,
    )
    # Before anything that it is to rule.
    assert made.index("Content-Security-Policy") < made.index("<title>") < made.index("<style>")


def text_of(report):
    body = document(report.page()).partition("<body>")[2]
    return " ".join(html.unescape(re.sub("<[^>]*>", "", body)).split())


def test_what_a_summary_tells():
    frame = pd.DataFrame(
        {
            "text": ["good film", "bad film", "dull", "x" * 3_000, None, "odd"],
            "label": ["pos", "neg", "neg", "neg", None, None],
            "confidence": [0.97, 0.91, 0.55, 0.75, None, None],
            "scores": [
                {"pos": 0.97, "neg": 0.03},
                {"pos": 0.09, "neg": 0.91},
                {"pos": 0.45, "neg": 0.55},
                None,
                None,
                None,
            ],
            "error": [None] * 5 + ["id 7 is over 6"],
            "truncated": pd.array([None] * 3 + [120] + [None] * 2, dtype="Int64"),
        }
    )
    about = About("reviews", "sha256:abcdef", {"sparkcls": "9.9"}, "cuda:0", "mixed", 30.0, 0.2)
    text = text_of(sparkcls.summarize(frame, "text", about=about))
    for told in (
        "Of 4 answered rows: neg (75.0 %) and pos (25.0 %).",
        "1 row failed and have no answer: most often “id 7 is over 6”.",
        "Of 16.7 % of the texts the model saw only the beginning.",
        "neg375.0 %0.737pos125.0 %0.970",
        "under 0.8250.0 %",
        "neg 0.550 · then pos 0.450dull",
        "neg 0.750 · 120 wordpieces left out" + "x" * 399 + "… (3,000 characters)",
        "id 7 is over 61100.0 %",
        "A text has 605 characters on average.",
        "2,000–4,999120.0 %1100.0 %",
        "reviewsdigestsha256:abcdefdevicecuda:0precisionmixedtime30 srows a second0.200versionssparkcls 9.9",
    ):
        assert told in text, told


def test_what_an_evaluation_tells():
    evaluation = evaluation_of(6)
    text = text_of(evaluation)
    for told in (
        f"87.7 % of {evaluation.answered + 3:,} rows have the right label (95 % interval: 85.0 % to 90.0 %).",
        "Accuracy87.7 %95 %: 85.0–90.0 %",
        "rows without an answer count as wrong, 1 of them because they failed.",
        "3 rows without a gold label do not count.",
        "Calibration error0.034",
        "The model is too sure: on average its confidence is 0.683, its accuracy 0.528.",
        "macro avg0.8000.7000.7500.700–0.8001,000",
        "neg 0.990 · right: <script>",
    ):
        assert told in text, told


def test_many_labels_are_folded_and_still_all_there():
    text = text_of(evaluation_of(150))
    assert "The weakest 20 of 150 labels" in text
    assert all(text.count(f"label {i}0.900") >= 1 for i in range(6, 150))
    assert "136 others" in text
    rows = summary_of(150, rows=3_000)
    text = text_of(rows)
    assert f"{len(rows.labels) - 20} other labels" in text
    assert all(f"{label.label}{label.rows:,}" in text for label in rows.labels if label.label.startswith("label"))
    many = text_of(sparkcls.summarize(pd.DataFrame({"label": [f"l{i}" for i in range(1_200)], "confidence": 0.5})))
    assert "The 1,000 most frequent of 1,200 labels" in many


@pytest.mark.parametrize("name", ["a.html", "ä b.html"])
def test_written_whole_or_not_at_all(tmp_path, monkeypatch, name):
    report = summary_of(2)
    file = tmp_path / name
    assert report.report(file) == file
    first = file.read_text(encoding="utf-8")
    assert first == document(report.page())
    evaluation_of(2).report(str(file))
    assert file.read_text(encoding="utf-8") != first
    monkeypatch.setattr(Path, "write_text", lambda *_, **__: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        report.report(file)
    assert [f.name for f in tmp_path.iterdir()] == [name]


def test_paths_that_are_none(tmp_path):
    report = summary_of(1)
    with pytest.raises(ParamTypeError, match="takes the path of a file as str, got None"):
        report.report(None)
    with pytest.raises(ParamError, match="this is a folder; add the file's name"):
        report.report(tmp_path)
    with pytest.raises(ParamFileError, match="there is no folder .*; make it first"):
        report.report(tmp_path / "no" / "report.html")
    for uri in ("s3://bucket/report.html", "dbfs:/report.html"):
        with pytest.raises(ParamError, match="expected a file of this machine"):
            report.report(uri)


def test_the_same_for_the_same():
    assert document(summary_of(6).page()) == document(summary_of(6).page())


def test_two_hundred_thousand_rows_make_a_small_file():
    labels = [f"label {i}" for i in range(150)]
    n = 200_000
    frame = pd.DataFrame(
        {
            "text": [f"{i} {ATTACK}" for i in range(n)],
            "label": [labels[i % 150] for i in range(n)],
            "confidence": [i % 1_000 / 1_000 for i in range(n)],
        }
    )
    assert len(document(sparkcls.summarize(frame, "text").page()).encode()) < 500_000


def test_notebooks_get_the_same(tmp_path):
    report = summary_of(2)
    assert report._repr_html_() == fragment(report.page())
    assert report._repr_html_().startswith('<div class="sparkcls-report"><style>')
