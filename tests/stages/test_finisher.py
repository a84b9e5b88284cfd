import pytest

from sparkcls.base import DocumentAssembler, Finisher, LightPipeline, PipelineModel
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from tests.pipelines import texts_frame


@pytest.fixture
def frame(spark):
    schema = "text array<string>, n int"
    data = [(["a", "b"], 1), ([], 2)]
    documents = DocumentAssembler(inputCol="text", outputCol="one").transform(
        spark.createDataFrame(data, schema).coalesce(1)
    )
    return DocumentAssembler(inputCol="text", outputCol="two").transform(documents)


def test_arrays_under_default_names(frame):
    out = Finisher().setInputCols("one", "two").transform(frame)
    assert out.columns == ["text", "n", "finished_one", "finished_two"]
    assert [r["finished_one"] for r in out.collect()] == [["a", "b"], []]


def test_all_annotation_columns_go_unless_kept(frame):
    assert Finisher(inputCols=["one"]).transform(frame).columns == ["text", "n", "finished_one"]
    kept = Finisher(inputCols=["one"], cleanAnnotations=False).transform(frame)
    assert kept.columns == ["text", "n", "one", "two", "finished_one"]


def test_strings(frame):
    out = Finisher(inputCols=["one"], outputCols=["x"], outputAsArray=False, annotationSplitSymbol="|")
    assert [r["x"] for r in out.transform(frame).collect()] == ["a|b", ""]
    out.setIncludeMetadata(True).setValueSplitSymbol(";")
    assert [r["x"] for r in out.transform(frame).collect()] == ["sentence->0;result->a|sentence->1;result->b", ""]


def test_arrays_with_metadata(frame):
    out = Finisher(inputCols=["one"], outputCols=["x"], includeMetadata=True).transform(frame)
    assert out.columns == ["text", "n", "x", "x_metadata"]
    assert [r["x_metadata"] for r in out.collect()] == [{"sentence": "1"}, {}]


def test_null_columns_and_a_key_called_result(spark):
    element = "struct<annotatorType:string,begin:int,end:int,result:string,metadata:map<string,string>>"
    rows = [(None,), ([("x", 0, 1, "r", {"result": "no", "k": None})],), ([("x", 0, 1, "r", None)],)]
    frame = spark.createDataFrame(rows, f"c array<{element}>").coalesce(1).withMetadata("c", {"annotatorType": "x"})
    text = Finisher(inputCols=["c"], outputCols=["o"], outputAsArray=False, includeMetadata=True)
    assert [r["o"] for r in text.transform(frame).collect()] == ["", "k->null#result->r", "result->r"]
    arrays = Finisher(inputCols=["c"], outputCols=["o"], includeMetadata=True).transform(frame).collect()
    assert [(r["o"], r["o_metadata"]) for r in arrays] == [([], {}), (["r"], {"result": "no", "k": None}), (["r"], {})]


def test_light_pipeline_gives_its_input_columns():
    stages = [DocumentAssembler(inputCol="text", outputCol=c) for c in ("one", "two")]
    light = LightPipeline(PipelineModel([*stages, Finisher(inputCols=["two"])]))
    assert light.annotate("a") == {"two": ["a"]}


def test_wrong_columns(spark, frame):
    with pytest.raises(ParamError, match="inputCols and outputCols length must match; got 1"):
        Finisher(inputCols=["one"], outputCols=["a", "b"]).transform(frame)
    with pytest.raises(ColumnError, match=r"'n' holds no annotations; annotation columns here: one, two"):
        Finisher(inputCols=["n"]).transform(frame)
    with pytest.raises(ColumnError, match="'absent' does not exist; annotation columns here: none"):
        Finisher(inputCols=["absent"]).transform(texts_frame(spark, ["a"]))
    with pytest.raises(ParamTypeError, match="valueSplitSymbol takes a str"):
        Finisher().setValueSplitSymbol(3)
    with pytest.raises(ParamError, match="inputCols is not set"):
        Finisher().transform(frame)
