"""How columns are found and put: names by the session's rules, what is replaced, and metadata that got lost."""

import warnings

import pandas as pd
import pytest
from pyspark.sql import functions as F

from sparkcls.annotator import SentenceDetector, Tokenizer
from sparkcls.base import DocumentAssembler, Finisher, LightPipeline, PipelineModel, TokenAssembler
from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.functions import as_annotations, map_annotations_col
from sparkcls.nlu.pipeline import NLUPipeline
from sparkcls.spark.columns import column_metadata
from sparkcls.sql import register
from tests.pipelines import pipeline_of

ASSEMBLER = {"inputCol": "text", "outputCol": "document"}


@pytest.fixture
def exact(spark):
    """The session in which upper and lower case differ."""
    spark.conf.set("spark.sql.caseSensitive", "true")
    yield spark
    spark.conf.unset("spark.sql.caseSensitive")


def types(frame):
    return {field.name: field.metadata.get("annotatorType") for field in frame.schema.fields}


def test_a_column_of_another_case_is_left_alone(exact, bundled):
    frame = exact.createDataFrame(
        [("I liked it", "gold", 1, "t")], "text string, Class string, Document int, Token string"
    )
    out = pipeline_of(bundled).transform(frame)
    assert types(out) == {
        **{"text": None, "Class": None, "Document": None, "Token": None},
        **{"document": "document", "token": "token", "class": "category"},
    }
    done = Finisher(inputCols=["class"], outputCols=["label"]).transform(out)
    assert done.columns == ["text", "Class", "Document", "Token", "label"]
    assert done.select("Class", "label").collect() == [("gold", ["POSITIVE"])]
    # Overwritten, with the column of the other case beside it.
    again = DocumentAssembler(**ASSEMBLER).transform(out)
    assert types(again) == types(out)
    light = LightPipeline(pipeline_of(bundled), output_cols=["class"])
    assert light.transform(frame).columns == ["text", "Class", "Document", "Token", "class"]


def test_names_of_another_case_are_others(exact):
    frame = exact.createDataFrame([("a b",)], "Text string")
    with pytest.raises(ColumnError, match="no column 'text'"):
        DocumentAssembler(**ASSEMBLER).transform(frame)
    documents = DocumentAssembler(inputCol="Text").transform(frame)
    with pytest.raises(ColumnError, match="no column 'Document'"):
        Tokenizer(inputCols=["Document"]).transform(documents)
    with pytest.raises(ColumnError, match="'DOCUMENT' does not exist"):
        Finisher(inputCols=["DOCUMENT"]).transform(documents)
    stages = [DocumentAssembler(**ASSEMBLER), Tokenizer(inputCols=["Document"])]
    with pytest.raises(ColumnError, match="no column 'Document'"):
        LightPipeline(PipelineModel(stages)).annotate("a")
    with pytest.raises(ColumnError, match="no column 'text'"):
        NLUPipeline({}).predict(frame)


def test_case_does_not_count_by_default(spark, bundled):
    frame = spark.createDataFrame([("I liked it", "i", {"k": "v"})], "Text string, Id string, More map<string,string>")
    stages = [
        DocumentAssembler(inputCol="text", outputCol="Document", idCol="ID", metadataCol="more"),
        Tokenizer(inputCols=["DOCUMENT"], outputCol="token"),
        bundled.copy().setInputCols(["TOKEN", "document"]),
    ]
    model = PipelineModel([*stages, Finisher(inputCols=["CLASS"], outputCols=["Class"], cleanAnnotations=True)])
    (row,) = model.transform(frame).collect()
    assert row.asDict() == {"Text": "I liked it", "Id": "i", "More": {"k": "v"}, "Class": ["POSITIVE"]}
    assert LightPipeline(model).annotate("I liked it") == {"class": ["POSITIVE"]}
    register(spark, "of_any_case", PipelineModel(stages))
    assert spark.sql("SELECT of_any_case('I liked it').label").collect() == [("POSITIVE",)]
    assert LightPipeline(PipelineModel(stages[:1]), output_cols=["TEXT"]).transform(frame).columns == frame.columns


def test_the_default_tokens_need_not_be_read_whatever_their_case(spark, bundled):
    """What the tokenizer says of its source is found under a document column of another case."""
    classifier = bundled.copy().setInputCols(["token", "DOCUMENT"]).setTokenization("sparknlp").setCaseSensitive(False)
    frame = spark.createDataFrame([("I liked it",)], "text string")
    before = PipelineModel(pipeline_of(classifier).stages[:2]).transform(frame)
    assert not classifier._scoring(column_metadata(before)).reads_tokens


def test_an_output_of_another_case_takes_the_place_in_light_pipelines_too(spark):
    stages = [
        DocumentAssembler(**ASSEMBLER),
        SentenceDetector(inputCols=["document"], outputCol="DOCUMENT"),
    ]
    model = PipelineModel(stages)
    out = model.transform(spark.createDataFrame([("One. Two.",)], "text string"))
    assert out.columns == ["text", "DOCUMENT"]
    assert LightPipeline(model).annotate("One. Two.") == {"DOCUMENT": ["One.", "Two."]}


def test_nlu_finds_the_texts_whatever_their_case(spark, bundled):
    frame = spark.createDataFrame([("I liked it", 7)], "Text string, n int")
    pipe = NLUPipeline({"": bundled.copy()})
    out = pipe.predict(frame)
    assert (out["classified_sequence"].tolist(), out["n"].tolist()) == (["POSITIVE"], [7])
    assert "Text" in pipe.predict(frame, keep_stranger_features=False).columns


# --- what is replaced -----------------------------------------------------------------------------


def test_a_users_column_of_the_outputs_name_is_warned_of(spark, bundled):
    frame = spark.createDataFrame([("I liked it", "gold")], "text string, class string")
    with pytest.warns(UserWarning, match=r"there is a column 'class' already.*setOutputCol"):
        out = pipeline_of(bundled).transform(frame)
    assert types(out)["class"] == "category"
    for stage in (DocumentAssembler(inputCol="text", outputCol="CLASS"), bundled.copy().setMetrics(True)):
        before = PipelineModel(pipeline_of(bundled).stages[:2]).transform(frame)
        with pytest.warns(UserWarning, match=r"there is a column 'class' already.*setOutputCol"):
            stage.transform(before)
    with pytest.warns(UserWarning, match=r"there is a column 'class' already.*setOutputCols"):
        Finisher(inputCols=["document"], outputCols=["class"]).transform(before)


def test_a_pipeline_over_its_own_output_is_not_warned_of(spark, tmp_path, bundled):
    frame = spark.createDataFrame([("I liked it. Really.",)], "text string")
    stages = [*pipeline_of(bundled).stages, SentenceDetector(inputCols=["document"], explodeSentences=True)]
    model = PipelineModel([*stages, Finisher(inputCols=["class"], cleanAnnotations=False)])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        again = model.transform(model.transform(frame))
    assert types(again) == types(model.transform(frame))
    # Nor where the columns have lost their metadata.
    model.transform(frame).write.orc(str(tmp_path / "orc"))
    back = spark.read.orc(str(tmp_path / "orc"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert types(model.transform(back)) == types(again)


@pytest.mark.parametrize("data", [pd.DataFrame({"text": ["a"]}), ["a"], "a", {"text": "a"}, None])
def test_what_is_no_spark_frame_is_refused(data):
    model = PipelineModel([DocumentAssembler(**ASSEMBLER), Tokenizer()])
    for transform in (model.transform, LightPipeline(model).transform, Tokenizer().transform, Finisher().transform):
        with pytest.raises(ParamTypeError, match=r"takes a Spark DataFrame, got .*createDataFrame.*LightPipeline"):
            transform(data)


# --- metadata that got lost -----------------------------------------------------------------------


def annotated(spark):
    frame = spark.createDataFrame([("I liked it",), ("A bad plot",)], "text string").coalesce(1)
    return PipelineModel([DocumentAssembler(**ASSEMBLER), Tokenizer()]).transform(frame)


def without(frame, *names):
    """The frame with the metadata of columns lost, as filter over an array loses them."""
    return frame.select(
        *(F.filter(c, lambda a: a["result"] != "").alias(c) if c in names else c for c in frame.columns)
    )


def test_orc_files_are_read_back(spark, tmp_path, bundled):
    annotated(spark).write.orc(str(tmp_path / "orc"))
    back = spark.read.orc(str(tmp_path / "orc"))
    assert set(types(back).values()) == {None}
    out = bundled.transform(back)
    assert types(out) == {"text": None, "document": "document", "token": "token", "class": "category"}
    assert {r[0][0] for r in out.select("class.result").collect()} == {"POSITIVE", "NEGATIVE"}
    assert Finisher(inputCols=["token"]).transform(back).columns == ["text", "document", "finished_token"]


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.withColumn("words", F.filter("token", lambda t: t["result"] != "it")),
        lambda df: df.withColumn("words", F.transform("token", lambda t: t.withField("result", F.upper(t["result"])))),
        lambda df: (
            df.select("text", "document", F.explode("token").alias("t"))
            .groupBy("text")
            .agg(F.first("document").alias("document"), F.collect_list("t").alias("words"))
        ),
    ],
    ids=["filter", "transform", "groupBy"],
)
def test_changed_tokens_are_recognised(spark, change):
    """One type is missing, and one column of that schema."""
    stage = TokenAssembler(inputCols=["document", "words"], outputCol="out")
    out = stage.transform(change(annotated(spark)))
    assert types(out)["words"] == "token"
    assert {r[0][0].lower() for r in out.select("out.result").collect()} <= {"i liked", "i liked it", "a bad plot"}


def test_what_cannot_be_told_says_how_to_restore_it(spark, bundled):
    frame = annotated(spark).withColumnsRenamed({"document": "a", "token": "b"})
    lost = without(frame, "a", "b")
    classifier = bundled.copy().setInputCols(["a", "b"])
    with pytest.raises(ColumnError, match=r"The type of a, b got lost.*as_annotations\(df, 'a', 'document'\)"):
        classifier.transform(lost)
    with pytest.raises(ColumnError, match=r"The type of token got lost.*as_annotations\(df, 'token', 'token'\)"):
        Tokenizer(inputCols=["token"]).transform(without(annotated(spark), "token"))
    restored = as_annotations(as_annotations(lost, "a", "document"), "B", "token")
    assert types(restored) == {"text": None, "a": "document", "b": "token"}
    assert classifier.transform(restored).count() == 2
    with pytest.raises(ColumnError, match="'text' is a column of string; expected array<struct<annotatorType"):
        as_annotations(frame, "text", "token")
    with pytest.raises(ColumnError, match="'absent' does not exist"):
        as_annotations(frame, "absent", "token")


def test_a_wrong_guess_fails_the_job(spark):
    frame = without(annotated(spark).withColumnRenamed("token", "words"), "words")
    documents = Tokenizer(inputCols=["words"], outputCol="out").transform(frame)
    with pytest.raises(Exception, match="'words' was to hold document annotations, but holds token"):
        documents.select("out").collect()


def test_an_alias_with_metadata_does_as_well(spark):
    frame = annotated(spark)
    kept = F.filter("token", lambda t: t["result"] != "it").alias("words", metadata={"annotatorType": "token"})
    out = TokenAssembler(inputCols=["document", "words"], outputCol="out").transform(frame.select("*", kept))
    assert [r[0] for r in out.select("out.result").collect()] == [["I liked"], ["A bad plot"]]


def test_no_expression_of_ours_is_warned_of(spark, capsys):
    """Spark warns of comparisons of equal literals."""
    frame = DocumentAssembler(**ASSEMBLER).transform(spark.createDataFrame([("I liked it",)], "text string"))
    out = Finisher(inputCols=["document"], cleanAnnotations=False).transform(frame)
    assert out.schema["document"].nullable
    assert out.schema["finished_document"].nullable
    out.explain(True)
    assert "(0 = 0)" not in capsys.readouterr().out


def test_functions_find_names_as_the_session_does(exact):
    frame = DocumentAssembler(**ASSEMBLER).transform(exact.createDataFrame([("a", "gold")], "text string, Out string"))
    out = map_annotations_col(frame, lambda a: a, "document", "out", "document")
    assert types(out) == {"text": None, "Out": None, "document": "document", "out": "document"}
