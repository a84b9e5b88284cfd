import subprocess
import sys

import pytest

from sparkcls.annotation import Annotation
from sparkcls.annotator import Tokenizer, TokenizerModel
from sparkcls.base import DocumentAssembler, LightPipeline, Pipeline, PipelineModel
from sparkcls.errors import ColumnError, ParamError, ParamFileError, ParamTypeError
from sparkcls.stages.tokenizer import LOSSLESS_KEY, SOURCE_KEY
from tests.pipelines import texts_frame

TEXTS = ["I'd like (to) say 😀!", None, "", " \t\n", "a\u0000b", "héroe 我喜欢", "x" * 2000, "?!"]


@pytest.fixture
def stages():
    return [DocumentAssembler(inputCol="text"), Tokenizer(inputCols=["document"])]


def test_spark_and_light_path_agree(spark, stages):
    frame = texts_frame(spark, TEXTS)
    model = Pipeline(stages=stages).fit(frame)
    out = model.transform(frame)
    assert out.schema["token"].dataType == Annotation.arrayType()
    assert out.schema["token"].metadata == {"annotatorType": "token", LOSSLESS_KEY: True, SOURCE_KEY: "document"}
    rows = [[Annotation.fromRow(a) for a in r["token"]] for r in out.orderBy("id").collect()]
    assert rows == [r["token"] for r in LightPipeline(model).fullAnnotate(TEXTS)]
    assert rows[0][-2:] == [
        Annotation("token", 18, 19, "😀", {"sentence": "0"}),
        Annotation("token", 20, 20, "!", {"sentence": "0"}),
    ]
    assert rows[1:4] == [[], [], []]


def test_offsets_and_index_of_sentences(spark):
    frame = spark.createDataFrame([(["one. two", "", "three"],)], "text array<string>")
    document = DocumentAssembler(inputCol="text").transform(frame)
    tokens = Tokenizer(inputCols=["document"]).transform(document).collect()[0]["token"]
    assert [(t["result"], t["begin"], t["metadata"]["sentence"]) for t in tokens] == [
        ("one", 0, "0"),
        (".", 3, "0"),
        ("two", 5, "0"),
        ("three", 0, "2"),
    ]


def test_fit_gives_an_equal_stage(spark):
    stage = Tokenizer(inputCols=["document"], outputCol="t", minLength=2)
    fitted = stage.fit(texts_frame(spark, ["a"]))
    assert isinstance(fitted, TokenizerModel)
    assert fitted is not stage
    assert {p.name: v for p, v in fitted.extractParamMap().items()} == {
        p.name: v for p, v in stage.extractParamMap().items()
    }


def test_what_its_worker_imports_leaves_torch_out():
    code = "import sys, sparkcls.stages.tokenizer, sparkcls.spark.udf; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_token_column_that_nobody_reads_is_not_computed(spark, stages, bundled, capsys):
    frame = texts_frame(spark, ["a b"])
    out = Pipeline(stages=[*stages, bundled]).fit(frame).transform(frame)
    out.select("class.result").explain()
    assert capsys.readouterr().out.count("ArrowEvalPython") == 1
    out.select("document").explain()
    assert "ArrowEvalPython" not in capsys.readouterr().out


def test_lengths(spark, stages):
    stages[1].setMinLength(4).setMaxLength(5)
    frame = texts_frame(spark, ["Hello New York and Goodbye"])
    out = Pipeline(stages=stages).fit(frame).transform(frame)
    assert out.schema["token"].metadata[LOSSLESS_KEY] is False
    assert [t["result"] for t in out.collect()[0]["token"]] == ["Hello", "York"]


def test_params_are_checked(spark):
    with pytest.raises(ParamTypeError, match="inputCols takes 1 column"):
        Tokenizer().setInputCols(["a", "b"])
    with pytest.raises(ParamTypeError, match="minLength takes an int"):
        Tokenizer().setMinLength("2")
    with pytest.raises(ParamError, match="minLength must be at least 0"):
        Tokenizer().setMinLength(-1)
    with pytest.raises(ColumnError, match="there is no column 'document'"):
        Tokenizer().transform(texts_frame(spark, ["a"]))
    documents = DocumentAssembler(inputCol="text").transform(texts_frame(spark, ["a"]))
    with pytest.raises(ParamError, match="minLength 5 is over maxLength 2"):
        Tokenizer(inputCols=["document"], minLength=5, maxLength=2).transform(documents)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("targetPattern", "[", "targetPattern is read as the inside of a class"),
        ("prefixPattern", "([.]*)", r"prefixPattern must begin with \\A; got"),
        ("suffixPattern", "([.]*)", r"suffixPattern must end with \\z; got"),
        ("infixPatterns", ["\\w+"], "infixPatterns must have a group"),
        ("infixPatterns", ["(["], "infixPatterns"),
        ("exceptions", ["("], "exceptions: the pattern '\\(' is no regular expression of Java"),
        ("splitPattern", "(", "splitPattern: the pattern"),
        ("splitChars", ["ab"], "splitChars takes single characters"),
        ("splitChars", [""], "each item of splitChars must not be empty"),
    ],
)
def test_bad_patterns_are_refused_where_they_are_set(name, value, message):
    with pytest.raises(ParamError, match=message):
        Tokenizer(**{name: value})


def test_setters_and_adders():
    tokenizer = (
        Tokenizer()
        .setInfixPatterns(["(a)"])
        .addInfixPattern("(b)")
        .addException("New York")
        .addSplitChars("-")
        .addContextChars("#")
    )
    assert tokenizer.getInfixPatterns() == ["(b)", "(a)"]
    assert tokenizer.getExceptions() == ["New York"]
    assert tokenizer.getSplitChars() == ["-"]
    assert tokenizer.getContextChars()[-2:] == ["'", "#"]
    assert Tokenizer().getContextChars()[-1] == "'"


def test_custom_rules_travel_with_the_stage(spark, stages, tmp_path):
    file = tmp_path / "exceptions.txt"
    file.write_text("New York\n\nUnited\\s+Nations\n", encoding="utf-8-sig")
    stages[1].setExceptionsPath(file).setSplitChars(["-"])
    Pipeline(stages=stages).fit(texts_frame(spark, ["a"])).write().overwrite().save(str(tmp_path / "model"))
    file.unlink()
    model = PipelineModel.load(str(tmp_path / "model"))
    out = model.transform(texts_frame(spark, ["New York big-city"]))
    assert out.schema["token"].metadata[LOSSLESS_KEY] is False
    assert [t["result"] for t in out.collect()[0]["token"]] == ["New York", "big", "city"]
    assert LightPipeline(model).annotate("United Nations")["token"] == ["United Nations"]


def test_the_exceptions_file(tmp_path):
    with pytest.raises(ParamFileError, match="exceptionsPath: .*nothere.* cannot be read"):
        Tokenizer().setExceptionsPath(str(tmp_path / "nothere"))
    with pytest.raises(FileNotFoundError):
        Tokenizer(exceptionsPath=str(tmp_path / "nothere"))
    with pytest.raises(ParamTypeError, match="exceptionsPath takes a path"):
        Tokenizer().setExceptionsPath(7)
    latin = tmp_path / "latin"
    latin.write_bytes("é".encode("latin-1"))
    with pytest.raises(ParamError, match="is not UTF-8"):
        Tokenizer().setExceptionsPath(latin)


def test_exceptions_win_over_their_file_and_say_so(spark, stages, tmp_path):
    (tmp_path / "e").write_text("New York\n", encoding="utf-8")
    stages[1].setExceptionsPath(tmp_path / "e").setExceptions(["big city"])
    frame = texts_frame(spark, ["New York big city"])
    with pytest.warns(UserWarning, match="are not used, as in Spark NLP"):
        out = Pipeline(stages=stages).fit(frame).transform(frame)
    assert [t["result"] for t in out.collect()[0]["token"]] == ["New", "York", "big city"]


@pytest.mark.parametrize("column", ["text", "absent"])
def test_needs_a_document_column(spark, column):
    with pytest.raises(ColumnError, match="wrong or missing inputCols") as caught:
        Tokenizer(inputCols=[column]).transform(texts_frame(spark, ["a"]))
    assert "Columns here: id (no annotations), text (no annotations)" in str(caught.value)
