import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import StopWordsCleaner, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.errors import ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.text.stopwords import ENGLISH, StopWords
from tests.pipelines import texts_frame

TEXTS = ["The movie is NOT what I'd call good 😀.", None, "", " ", "İstanbul \u0000 the", "the"]


def stages(**params):
    return [
        DocumentAssembler(inputCol="text"),
        Tokenizer(inputCols=["document"]),
        StopWordsCleaner(inputCols=["token"], **params),
    ]


def clean(text, **params):
    return LightPipeline(PipelineModel(stages(**params))).annotate(text)["cleanedToken"]


def test_spark_and_light_path_agree(spark):
    model = PipelineModel(stages())
    out = model.transform(texts_frame(spark, TEXTS))
    assert out.schema["cleanedToken"].metadata == {"annotatorType": "token"}
    rows = [[Annotation.fromRow(a) for a in r["cleanedToken"]] for r in out.orderBy("id").collect()]
    assert rows == [r["cleanedToken"] for r in LightPipeline(model).fullAnnotate(TEXTS)]
    assert [a.result for a in rows[0]] == ["movie", "call", "good", "😀", "."]
    assert (rows[0][1].begin, rows[0][1].end) == (26, 29)


def test_the_english_list_is_sparks_own(spark, is_connect):
    assert len(ENGLISH) == 181
    if not is_connect:
        from pyspark.ml.feature import StopWordsRemover

        assert list(ENGLISH) == StopWordsRemover.loadDefaultStopWords("english")
    assert StopWordsCleaner().getStopWords() == StopWordsCleaner.loadDefaultStopWords() == list(ENGLISH)


def test_case():
    assert clean("The the THE", stopWords=["The"]) == []
    assert clean("The the THE", stopWords=["The"], caseSensitive=True) == ["the", "THE"]
    assert clean("the a", stopWords=[]) == ["the", "a"]


def test_turkish_i():
    words, text = ["I", "İzmir"], "i ı I izmir Izmir I\u0307zmir"
    assert clean(text, stopWords=words) == ["ı", "izmir", "Izmir"]
    assert clean(text, stopWords=words, locale="tr") == ["i", "Izmir"]
    assert clean(text, stopWords=words, locale="tr_TR") == clean(text, stopWords=words), "as in the original"


def test_params_are_checked():
    stage = StopWordsCleaner()
    with pytest.raises(ParamTypeError, match="stopWords takes a list of str, got 'the'"):
        stage.setStopWords("the")
    with pytest.raises(ParamTypeError, match="each item of stopWords takes a str, got 1"):
        stage.setStopWords(["the", 1])
    with pytest.raises(ParamTypeError, match="caseSensitive takes True or False"):
        stage.setCaseSensitive(1)
    for wrong in ("xx-nowhere", "en-US", "EN"):
        with pytest.raises(ParamError, match=f"locale must be the name of a Java locale.*got '{wrong}'"):
            stage.setLocale(wrong)
    assert stage.setLocale("zh_CN").getLocale() == "zh_CN"
    assert stage.setStopWords(["", "a"]).getStopWords() == ["", "a"]


def test_what_is_not_here_says_what_to_do():
    with pytest.raises(ModelNotFoundError, match=r"give others with setStopWords\(\[\.\.\.\]\)"):
        StopWordsCleaner.pretrained("stopwords_de", "de")
    with pytest.raises(ParamError, match="only 'english' is here"):
        StopWordsCleaner.loadDefaultStopWords("german")


@given(st.text(), st.lists(st.text()), st.booleans(), st.sampled_from(["en", "tr", "az", ""]))
def test_a_word_of_the_list_is_one(text, words, case_sensitive, locale):
    assert text in StopWords((*words, text), case_sensitive, locale)
    assert text not in StopWords((), case_sensitive, locale)
