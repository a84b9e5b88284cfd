import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import Normalizer, NormalizerModel, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.errors import ParamError, ParamFileError, ParamTypeError
from sparkcls.text.normalize import NormalizerRules, read_slang
from tests.pipelines import texts_frame

TEXTS = ["I'd like (to) say 😀!", None, "", " \t\n", "IDK, 1990 gr8 héroe 我喜欢", "\ud800 x\u0000y", "x" * 2000, "?!"]
SLANG = {"gr8": "great", "Idk": "I do not know", "?": ""}


def stages(**params):
    return [
        DocumentAssembler(inputCol="text"),
        Tokenizer(inputCols=["document"]),
        Normalizer(inputCols=["token"], **params),
    ]


def normalize(text, **params):
    return LightPipeline(PipelineModel(stages(**params))).annotate(text)["normal"]


def test_spark_and_light_path_agree(spark, tmp_path):
    model = PipelineModel(stages(lowercase=True, slangDictionary=SLANG))
    out = model.transform(texts_frame(spark, [t and t.replace("\ud800", "\ufffd") for t in TEXTS]))
    assert out.schema["normal"].dataType == Annotation.arrayType()
    assert out.schema["normal"].metadata == {"annotatorType": "token"}, "not lossless: a classifier reads the tokens"
    rows = [[Annotation.fromRow(a) for a in r["normal"]] for r in out.orderBy("id").collect()]
    assert rows == [r["normal"] for r in LightPipeline(model).fullAnnotate(TEXTS)]
    assert [(a.begin, a.end, a.result) for a in rows[4]] == [
        *((0, 0, "i"), (0, 1, "do"), (0, 2, "not"), (0, 3, "know")),
        *((10, 14, "great"), (14, 18, "héroe"), (20, 22, "我喜欢")),
    ]
    model.save(str(tmp_path / "saved"))
    assert PipelineModel.load(str(tmp_path / "saved")).stages[2].getSlangDictionary() == SLANG


def test_a_classifier_reads_the_normalized_tokens(bundled):
    plain = PipelineModel([*stages(), bundled.copy().setInputCols(["document", "token"])])
    assert LightPipeline(plain).annotate("a horrible film")["class"] == ["NEGATIVE"]
    swapped = stages(slangDictionary={"horrible": "wonderful"})
    model = PipelineModel([*swapped, bundled.copy().setInputCols(["document", "normal"])])
    assert LightPipeline(model).annotate("a horrible film")["class"] == ["POSITIVE"]


def test_patterns_are_removed_in_turn_and_before_lower_case():
    assert normalize("don't 1990 C++ (x)") == ["dont", "C++", "x"]
    assert normalize("aabb", cleanupPatterns=["ab", "ab"]) == []
    assert normalize("ABC abc", cleanupPatterns=["[a-z]"], lowercase=True) == ["abc"]
    assert normalize("1990 !", cleanupPatterns=[]) == ["1990", "!"]


def test_lengths_are_utf16_and_hold_for_every_word_of_slang():
    assert normalize("😀 😀😀 a", cleanupPatterns=["z"], minLength=2, maxLength=3) == ["😀"]
    assert normalize("idk", slangDictionary=SLANG, minLength=3) == ["not", "know"]


def test_case_of_slang():
    assert normalize("idk IDK", slangDictionary={"IDK": "no"}) == ["no", "no"]
    assert normalize("idk IDK", slangDictionary={"IDK": "no"}, slangMatchCase=True) == ["idk", "no"]


def test_the_slang_file(tmp_path):
    file = tmp_path / "slang.txt"
    file.write_text("u,you\r\n gr8 , very great \n\nboth,left,right\nalone,\nu,ye\n", encoding="utf-8")
    stage = Normalizer().setSlangDictionary(str(file), ",")
    assert stage.getSlangDictionary() == {"u": "ye", "gr8": "very great", "both": "right", "alone": "alone"}
    assert read_slang(["a || b"], r"\|+") == {"a": "b"}
    assert stage.setSlangDictionary(str(file), ",", "TEXT", {"format": "text"}) is stage


@pytest.mark.parametrize(
    ("content", "delimiter", "message"),
    [
        (b"a,b", "(", "'\\(' is no regular expression"),
        (b"a,b", "|", "matches the empty text"),
        (b"a,b", "", "delimiter must not be empty"),
        (b",,\n", ",", "the line ',,' has nothing but delimiters"),
        (b"a,\xff", ",", "UTF-8"),
    ],
)
def test_slang_that_cannot_be_read(tmp_path, content, delimiter, message):
    (tmp_path / "slang.txt").write_bytes(content)
    with pytest.raises(ParamError, match=message):
        Normalizer().setSlangDictionary(str(tmp_path / "slang.txt"), delimiter)


def test_params_are_checked(tmp_path, spark):
    stage = Normalizer()
    with pytest.raises(ParamFileError, match=r"slangDictionary: .*absent"):
        stage.setSlangDictionary(str(tmp_path / "absent"), ",")
    with pytest.raises(ParamError, match="read_as must be one of text"):
        stage.setSlangDictionary(str(tmp_path), ",", "SPARK")
    with pytest.raises(ParamTypeError, match="slangDictionary takes a dict of str to str"):
        Normalizer(slangDictionary={"a": 1})
    with pytest.raises(ParamError, match=r"cleanupPatterns: the pattern '\[' is no regular expression of Java"):
        stage.setCleanupPatterns(["["])
    with pytest.raises(ParamTypeError, match="lowercase takes True or False, got 'yes'"):
        stage.setLowercase("yes")
    with pytest.raises(ParamError, match="minLength 3 is over maxLength 1"):
        stage.setMinLength(3).setMaxLength(1).row_function({})
    fitted = Normalizer(inputCols=["t"], minLength=2, slangDictionary=SLANG).fit(texts_frame(spark, ["a"]))
    assert isinstance(fitted, NormalizerModel)
    assert (fitted.getMinLength(), fitted.getMaxLength(), fitted.getSlangDictionary()) == (2, None, SLANG)


@given(
    st.text(), st.booleans(), st.integers(0, 3), st.none() | st.integers(3, 9), st.dictionaries(st.text(), st.text())
)
def test_any_text(text, lowercase, shortest, longest, slang):
    rules = NormalizerRules((r"[^\pL+]", "a*"), lowercase, slang, False, shortest, longest)
    for word in rules.normalize(text):
        assert word
        assert "a" not in word or lowercase
        assert max(1, shortest) <= len(word.encode("utf-16-le", "surrogatepass")) // 2 <= (longest or 10**9)
