import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import Normalizer, SentenceDetector, Stemmer, StopWordsCleaner, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel, TokenAssembler
from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.stages.token_assembler import TokenAssembling
from sparkcls.text.assemble import assemble
from tests.pipelines import texts_frame

TEXTS = ["😀 The  good,\nand the bad. It's  me 😀!", None, "", " \n", "the. The!", "x\u0000 y"]


def stages():
    return [
        DocumentAssembler(inputCol="text"),
        SentenceDetector(inputCols=["document"]),
        Tokenizer(inputCols=["sentence"]),
        Normalizer(inputCols=["token"], cleanupPatterns=["[,.!]"]),
        StopWordsCleaner(inputCols=["normal"]),
        TokenAssembler(inputCols=["cleanedToken", "sentence"]),
    ]


def test_spark_and_light_path_agree(spark):
    positions = TokenAssembler(inputCols=["sentence", "cleanedToken"], outputCol="positions", preservePosition=True)
    model = PipelineModel([*stages(), positions])
    out = model.transform(texts_frame(spark, TEXTS))
    assert out.schema["assembled"].metadata == {"annotatorType": "document"}
    rows = out.orderBy("id").collect()
    light = LightPipeline(model).fullAnnotate(TEXTS)
    for column, texts in (("assembled", ["😀 good bad", "😀"]), ("positions", ["😀   good\n  bad", "😀"])):
        found = [[Annotation.fromRow(a) for a in r[column]] for r in rows]
        assert found == [r[column] for r in light]
        assert [a.result for a in found[0]] == texts
        assert [(a.begin, a.metadata) for a in found[0]] == [(0, {"sentence": "0"}), (27, {"sentence": "1"})]
        assert [(a.begin, a.end, a.result) for a in found[4]] == [(0, -1, ""), (5, 4, "")]


def test_a_classifier_reads_what_was_assembled(bundled):
    before = [
        DocumentAssembler(inputCol="text"),
        Tokenizer(inputCols=["document"]),
        Normalizer(inputCols=["token"], slangDictionary={"horrible": "wonderful"}),
        TokenAssembler(inputCols=["document", "normal"], outputCol="again"),
        Tokenizer(inputCols=["again"], outputCol="new"),
    ]
    model = PipelineModel([*before, bundled.copy().setInputCols(["again", "new"])])
    assert LightPipeline(model).annotate("a horrible film")["class"] == ["POSITIVE"]


def test_tokens_that_touch_or_overlap_are_joined_directly():
    document = [("won't (x) b", 0, 10)]
    tokens = [("will", 0, 3), ("not", 0, 2), ("(", 6, 6), (")", 8, 8), ("b", 10, 10)]
    assert list(assemble(document, tokens, False)) == ["willnot ( ) b"]
    assert list(assemble(document, tokens, True)) == ["willnot ( ) b"]


def test_a_token_belongs_to_every_document_around_it():
    documents, tokens = (
        [("ab cd", 0, 4), ("", 0, -1), ("b c", 1, 3)],
        [("ab", 0, 1), ("c", 3, 3), ("", 4, 3), ("d", 4, 4)],
    )
    assert list(assemble(documents, tokens, False)) == ["ab cd", "", "c"]


def test_empty_stems_leave_their_gaps():
    before = [
        DocumentAssembler(inputCol="text"),
        Tokenizer(inputCols=["document"]),
        Stemmer(inputCols=["token"]),
        TokenAssembler(inputCols=["document", "stem"]),
    ]
    assert LightPipeline(PipelineModel(before)).annotate("a s b")["assembled"] == ["a  b"]


def test_params_and_columns_are_checked(spark):
    with pytest.raises(ParamTypeError, match="preservePosition takes True or False, got 'no'"):
        TokenAssembler().setPreservePosition("no")
    with pytest.raises(ParamTypeError, match="inputCols takes 2 column"):
        TokenAssembler().setInputCols(["document"])
    frame = DocumentAssembler(inputCol="text").transform(texts_frame(spark, ["a"]))
    with pytest.raises(ColumnError, match="wrong or missing inputCols"):
        TokenAssembler(inputCols=["document", "text"]).transform(frame)


spans = st.lists(
    st.builds(lambda t, b, e: Annotation("", b, e, t), st.text(max_size=9), st.integers(-9, 30), st.integers(-9, 30))
)


@given(spans, spans, st.booleans())
def test_any_annotations(documents, tokens, positions):
    (found,) = TokenAssembling(positions)()([(documents, tokens)])
    assert [a.begin for a in found] == [d.begin for d in documents]
    assert all(a.end - a.begin + 1 == len(a.result.encode("utf-16-le", "surrogatepass")) // 2 for a in found)
