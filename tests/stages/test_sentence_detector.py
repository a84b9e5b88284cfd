import pytest

from sparkcls.annotation import Annotation
from sparkcls.annotator import SentenceDetector, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.errors import ParamError
from tests.pipelines import classifier_of, texts_frame

TEXTS = ["A good film. It is great! 😀 Yes.", None, "", "One only", "Dr. Who met Mr. Jones. Fine."]


def stages(**params):
    return [
        DocumentAssembler(inputCol="text"),
        SentenceDetector(inputCols=["document"], **params),
        Tokenizer(inputCols=["sentence"]),
    ]


def test_spark_and_light_path_agree(spark, tiny_model):
    classifier = classifier_of(tiny_model).setInputCols("sentence", "token")
    model = PipelineModel([*stages(), classifier])
    out = model.transform(texts_frame(spark, TEXTS))
    assert out.schema["sentence"].metadata == {"annotatorType": "document"}
    assert out.schema["sentence"].dataType == Annotation.arrayType()
    rows = out.orderBy("id").collect()
    light = LightPipeline(model).fullAnnotate(TEXTS)
    for column in ("sentence", "token"):
        assert [[Annotation.fromRow(a) for a in r[column]] for r in rows] == [r[column] for r in light]
    assert [(s["begin"], s["end"], s["metadata"]["sentence"]) for s in rows[0]["sentence"]] == [
        (0, 11, "0"),
        (13, 24, "1"),
        (26, 32, "2"),
    ]
    assert [[(c["begin"], c["metadata"]["sentence"]) for c in r["class"]] for r in rows] == [
        [(0, "0"), (13, "1"), (26, "2")],
        [],
        [],
        [(0, "0")],
        [(0, "0"), (23, "1")],
    ]
    assert [t["begin"] for t in rows[0]["token"]][:5] == [0, 2, 7, 11, 13]


def test_metadata_of_the_document_are_kept(spark):
    frame = spark.createDataFrame(
        [("A b. C d.", "7", {"k": None})], "text string, key string, extra map<string,string>"
    )
    documents = DocumentAssembler(inputCol="text", idCol="key", metadataCol="extra").transform(frame)
    (row,) = SentenceDetector(inputCols=["document"]).transform(documents).collect()
    assert [s["metadata"] for s in row["sentence"]] == [
        {"k": None, "id": "7", "sentence": "0"},
        {"k": None, "id": "7", "sentence": "1"},
    ]


def test_explode(spark):
    frame = texts_frame(spark, TEXTS)
    out = PipelineModel(stages(explodeSentences=True)).transform(frame).select("id", "sentence", "token").collect()
    assert [(r["id"], r["sentence"][0]["metadata"]["sentence"]) for r in out] == [
        *((0, "0"), (0, "1"), (0, "2"), (3, "0"), (4, "0"), (4, "1"))
    ]
    assert all(len(r["sentence"]) == 1 for r in out)
    assert [t["metadata"]["sentence"] for t in out[1]["token"]] == ["1"] * 4


def test_params_are_checked():
    detector = SentenceDetector()
    with pytest.raises(ParamError, match="customBoundsStrategy must be one of none, prepend, append; got 'no thanks.'"):
        detector.setCustomBoundsStrategy("no thanks.")
    with pytest.raises(ParamError, match=r"customBounds: the pattern '\(' is no regular expression"):
        detector.setCustomBounds(["("])
    with pytest.raises(ParamError, match="maxLength 1 is under minLength 2"):
        SentenceDetector(minLength=2, maxLength=1).row_function({})
    assert detector.getSplitLength() is None
