import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import DocumentNormalizer, SentenceDetector
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.text.documents import ENCODINGS, POLICIES, DocumentRules
from sparkcls.text.elements import MAX_DEPTH, XmlError, find_elements
from tests.pipelines import texts_frame

TEXTS = ["<p>Some <b>HTML</b>,\n 😀</p> &amp; x < y", None, "", " \n", "x\u0000<br/>", "<r><p>é</p></r>"]


def model_of(**params):
    return PipelineModel([DocumentAssembler(inputCol="text"), DocumentNormalizer(outputCol="out", **params)])


def normalize(text, **params):
    return LightPipeline(model_of(**params)).annotate(text)["out"][0]


@pytest.mark.parametrize(
    ("params", "first"),
    [({}, " Some HTML , 😀 &amp; x < y"), ({"action": "extract", "patterns": ["p"], "lowercase": True}, "")],
)
def test_spark_and_light_path_agree(spark, params, first):
    model = model_of(**params)
    out = model.transform(texts_frame(spark, TEXTS))
    assert out.schema["out"].metadata == {"annotatorType": "document"}
    rows = [[Annotation.fromRow(a) for a in r["out"]] for r in out.orderBy("id").collect()]
    assert rows == [r["out"] for r in LightPipeline(model).fullAnnotate(TEXTS)]
    assert rows[0][0].result == first
    assert rows[0][0].end == len(first.encode("utf-16-le")) // 2 - 1
    assert [a.result for a in rows[5]] == ["é" if params else " é"]


def test_metadata_and_begin_are_kept(spark):
    frame = spark.createDataFrame([("<i>One</i>. Two  x.", "7")], "text string, key string")
    documents = DocumentAssembler(inputCol="text", idCol="key").transform(frame)
    (row,) = DocumentNormalizer(outputCol="out").transform(documents).collect()
    assert (row["out"][0]["result"], row["out"][0]["metadata"]) == (" One . Two x.", {"sentence": "0", "id": "7"})
    sentences = PipelineModel(
        [
            DocumentAssembler(inputCol="text"),
            SentenceDetector(inputCols=["document"]),
            DocumentNormalizer(inputCols=["sentence"], outputCol="out"),
        ]
    )
    found = LightPipeline(sentences).fullAnnotate("<i>One</i>. Two  x.")[0]["out"]
    assert [(a.begin, a.end, a.result) for a in found] == [(0, 5, " One ."), (12, 5, "Two x.")]


def test_policies():
    text = "a1  b22\n"
    assert normalize(text, patterns=["\\d"], policy="all") == "a   b  \n"
    assert normalize(text, patterns=["\\d"], policy="first") == "a   b22\n"
    assert normalize(text, patterns=["\\d"], policy="pretty_all") == "a b"
    assert normalize(text, patterns=["\\d"], policy=" PRETTY_first ") == "a b22"


def test_patterns_are_one_regex():
    assert normalize("aabb AB", patterns=["(?i)ab", "b"], replacement="-", policy="all") == "a-- -"
    assert normalize("ab ab", patterns=["(a)(b)"], replacement=r"$2$1\$", policy="all") == "ba$ ba$"
    assert normalize("abc", patterns=["(?<n>a)"], replacement="${n}${n}", policy="all") == "aabc"


def test_lower_case_comes_after_the_patterns_and_the_encoding_last():
    assert normalize("ABC abc", patterns=["A"], replacement="ZZ", lowercase=True) == "zzbc abc"
    assert normalize("É", lowercase=True, encoding="iso-8859-1") == "Ã©"
    assert normalize("é", encoding="US-ASCII") == "\ufffd\ufffd"
    assert normalize("é😀", encoding="disable") == normalize("é😀", encoding="utf-8") == "é😀"


def test_elements():
    document = "<r><p a='1'>x <p>&lt;y</p></p>\n<q>z</q></r>"
    extract = {"action": "extract", "policy": "all"}
    assert normalize(document, patterns=["p"], **extract) == "x <y<y"
    assert normalize(document, patterns=["q", "p"], **extract) == "x <y<yz"
    assert normalize(document, patterns=["s"], **extract) == ""
    first = normalize(document, patterns=["p"], action="extract", policy="first")
    assert first == '<p a="1">x <p>&lt;y</p></p>'


def test_what_is_no_xml_gives_an_empty_document():
    for text in ("", "no tags", "<p>two</p><p>roots</p>", "<r>&nbsp;</r>", "<p>"):
        (found,) = LightPipeline(model_of(action="extract", patterns=["p"])).fullAnnotate(text)[0]["out"]
        assert found == Annotation("document", 0, -1, "")


def test_xml_that_would_explode_is_refused():
    bomb = "<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><r><p>&b;</p></r>"
    for document in (bomb, "<!DOCTYPE r SYSTEM 'file:///etc/hostname'><r/>", "<p>" * 10**5):
        with pytest.raises(XmlError):
            find_elements(document, ("p",))
    deep = "<p>" * MAX_DEPTH + "x" + "</p>" * MAX_DEPTH
    assert find_elements(deep, ("p",))[0] == "x" * MAX_DEPTH


def test_params_are_checked():
    stage = DocumentNormalizer()
    with pytest.raises(ParamError, match="action must be one of clean, extract, lookaround; got 'scrub'"):
        stage.setAction("scrub")
    with pytest.raises(ParamError, match="policy must be one of all, pretty_all, first, pretty_first; got 'some'"):
        stage.setPolicy("some")
    with pytest.raises(ParamError, match=r"patterns: the pattern '\(' is no regular expression of Java"):
        stage.setPatterns(["("])
    with pytest.raises(ParamError, match="patterns must have at least one pattern"):
        stage.setPatterns([])
    with pytest.raises(ParamError, match=r"replacement: .*'cost \$'"):
        stage.setReplacement("cost $")
    with pytest.raises(ParamTypeError, match="replacement takes a str, got None|replacement takes a str, got 1"):
        stage.setReplacement(1)
    with pytest.raises(ParamError, match="encoding must be one of utf-8, disable, iso-8859-1, us-ascii; got 'UTF-16'"):
        stage.setEncoding("UTF-16")
    for replacement in ("$2", "${n}"):
        with pytest.raises(ParamError, match=r"refers to a group (2|n) that the patterns \['\(a\)'\] do not have"):
            DocumentNormalizer(patterns=["(a)"], replacement=replacement).row_function({})
    assert DocumentNormalizer(patterns=["(a)"], replacement=r"\$2 $1").row_function({})
    assert stage.setEncoding("Us-Ascii").getEncoding() == "US-ASCII"


DOSE = r".*\d+(\,)\d+(?=\s?mg).*"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What Spark NLP 5.5.3 gave.
        ("Amoxiciline 4,5 mg for $10.35", "Amoxiciline 4.5 mg for $10.35"),
        (
            "Amoxiciline 4,5 mg for $10.35; Ibuprofen 2,5mg for $8.",
            "Amoxiciline 4.5 mg for $10.35; Ibuprofen 2.5mg for $8",
        ),
        ("Take 4,5 mg, twice. Then 2,5 mg.", "Take 4.5 mg. twice. Then 2.5 mg"),
        ("no dose, here.", "no dose, here"),
        ("a; b;", "a; b"),
        ("a 1,5 mg; b, c 2,5 mg; d, e", "a 1.5 mg; b. c 2.5 mg; d, e"),
        ("Take 1,5 mg! Then 2,5 mg!", "Take 1.5 mg! Then 2.5 mg"),
        (";1,5 mg", ";1.5 mg"),
        ("Take 1,5 mg.\n", "Take 1.5 mg\n"),
        (";", ""),
        ("10,5 ml of it, then 3,25 mg", "10.5 ml of it. then 3.25 mg"),
        ("1,5 mg\n2,5 mg, both", "1.5 mg\n2.5 mg. both"),
        ("Take 1,5 mg..", "Take 1.5 mg."),
        ("é 1,5 mg 😀;😀 ,", "é 1.5 mg 😀;😀 ,"),
        # Its first separator everywhere, and a failed job.
        ("1,5 mg! 2,5 mg; x, y", "1.5 mg! 2.5 mg; x, y"),
        ("Is it 1,5 mg?", "Is it 1.5 mg"),
    ],
)
def test_lookaround(text, expected):
    lookaround = {"action": "lookaround", "patterns": [DOSE], "replacement": "."}
    assert normalize(text, policy="all", **lookaround) == expected
    assert normalize(text, policy="first", **lookaround) == expected
    assert normalize(text, **lookaround) == " ".join(expected.split())


def test_the_replacement_of_lookaround_is_taken_as_it_is():
    given = {"action": "lookaround", "policy": "all", "replacement": "$1"}
    assert normalize("cost 10€ or 20€", patterns=[r"(?<=\d)(€)"], **given) == "cost 10$1 or 20$1"
    assert normalize("1,5 mg", patterns=[r"(?=x)(\d)|\d"], **given) == "1,5 mg"


def test_a_pattern_that_lookaround_cannot_use():
    for patterns, message in (
        (["<[^>]*>"], r"needs a pattern with \(\?= or \(\?<= in it"),
        ([DOSE, "x"], "uses one pattern, got 2"),
        (["a(?=b)"], "has none"),
    ):
        with pytest.raises(ParamError, match=message):
            DocumentNormalizer(action="lookaround", patterns=patterns).row_function({})


texts = st.text() | st.text("<>p/ab'=& \n!-[]?") | st.text().map(lambda t: f"<r><p>{t}</p></r>")


@given(
    texts,
    st.sampled_from(POLICIES),
    st.sampled_from(["clean", "extract", "lookaround"]),
    st.booleans(),
    st.sampled_from(list(ENCODINGS)),
)
def test_any_text(text, policy, action, lowercase, encoding):
    patterns = (r"(.)(?=\w)",) if action == "lookaround" else ("p", "<[^>]*>")
    result = DocumentRules(action, patterns, "-", lowercase, policy, encoding).normalize(text)
    assert result is not None or action == "extract"
    if result and policy.startswith("pretty"):
        assert "\n" not in result
        assert "  " not in result
