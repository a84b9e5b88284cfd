from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import Stemmer, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.text.stem import stem
from tests.pipelines import texts_frame

TEXTS = ["Running RUNNERS 😀ran; isn't \u0000", None, "", " ", "s", "ed" * 5000]


def test_spark_and_light_path_agree(spark):
    model = PipelineModel(
        [DocumentAssembler(inputCol="text"), Tokenizer(inputCols=["document"]), Stemmer(inputCols=["token"])]
    )
    out = model.transform(texts_frame(spark, TEXTS))
    assert out.schema["stem"].metadata == {"annotatorType": "token"}
    rows = [[Annotation.fromRow(a) for a in r["stem"]] for r in out.orderBy("id").collect()]
    assert rows == [r["stem"] for r in LightPipeline(model).fullAnnotate(TEXTS)]
    assert [(a.begin, a.end, a.result) for a in rows[0]][:2] == [(0, 6, "run"), (8, 14, "runner")]
    assert [a.result for a in rows[4]] == [""]


def test_porters_steps():
    pairs = (
        "caresses:caress ponies:poni motoring:motor sing:sing conflated:conflat hopping:hop falling:fall filing:file "
    )
    pairs += "happy:happi sky:sky relational:relat formaliti:formal triplicate:triplic goodness:good revival:reviv "
    pairs += (
        "adoption:adopt onion:onion effective:effect probate:probat rate:rate cease:ceas controll:control roll:roll"
    )
    words = dict(pair.split(":") for pair in pairs.split())
    assert {word: stem(word) for word in words} == words


def test_where_the_original_goes_its_own_way():
    words = {
        **{"need": "ne", "agreed": "agr", "statement": "statem", "flowing": "flowe", "swayed": "swaye"},
        **{"styling": "styl", "Clyde": "clyd", "is": "i", "s": "", "": "", "ing": "ing"},
        **{"oyying": "oyi", "byyed": "by", "ge😀e": "ge😀", "😀😀ed": "😀😀ed", "jane's": "jane'"},
    }
    assert {word: stem(word) for word in words} == words


@given(
    st.text()
    | st.text("aeioulstyed")
    | st.from_regex("[a-z]{0,5}(ational|ement|ing|ed|s|y|ion|ll){1,3}", fullmatch=True)
)
def test_any_word(word):
    assert len(stem(word)) <= len(word.lower()) + 1
    assert stem(word) == stem(word.lower())
