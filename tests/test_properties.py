"""What holds for all stages together and any text: nothing crashes, and Spark and LightPipeline give the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.annotation import Annotation
from sparkcls.annotator import DocumentNormalizer, Normalizer, SentenceDetector, Stemmer, StopWordsCleaner, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel, TokenAssembler
from tests.pipelines import classifier_of, texts_frame
from tests.reference.build import plain
from tests.reference.compare import same
from tests.reference.texts import AWKWARD, ENGLISH

RULES = {
    "exceptions": ["New York", "\\w+-\\w+ \\w+"],
    "splitPattern": "[/#]",
    "splitChars": ["-"],
    "infixPatterns": ["([\\p{L}]+)('\\w+)", "(.+)"],
}


def text_stages(**assembler):
    """All text stages in a row, each reading the one before."""
    return [
        DocumentAssembler(inputCol="text", **assembler),
        DocumentNormalizer(inputCols=["document"], outputCol="plain"),
        SentenceDetector(inputCols=["plain"], customBounds=["\n"], customBoundsStrategy="append"),
        Tokenizer(inputCols=["sentence"], outputCol="token", **RULES),
        Normalizer(inputCols=["token"], lowercase=True),
        StopWordsCleaner(inputCols=["normal"]),
        Stemmer(inputCols=["cleanedToken"]),
        TokenAssembler(inputCols=["sentence", "stem"], preservePosition=True),
    ]


LIGHT = LightPipeline(PipelineModel(text_stages()))


@given(st.text() | st.text("aB.,'-<>&#/\n\r\t \u2187\uf050\U0001f600\u0301\ud800", max_size=40))
def test_no_text_crashes_a_stage(text):
    (result,) = LIGHT.fullAnnotate(text)
    assert list(result) == ["document", "plain", "sentence", "token", "normal", "cleanedToken", "stem", "assembled"]


def random_texts(count):
    """Texts of any characters that UTF-8 can hold, the same in every run."""
    chosen = random.Random(4)
    alphabets = [
        "ab .,'-\n",
        "".join(map(chr, range(0x20, 0x180))),
        "\u0000\u0301\u200d\u2187\u2188\uf050\ufeff\U0001f600\U0001f1e9<a>&#/\t\r\n x",
        "".join(map(chr, range(0x4E00, 0x4E80))) + "\u3002\uff01 ab",
    ]
    return ["".join(chosen.choices(chosen.choice(alphabets), k=chosen.randint(0, 60))) for _ in range(count)]


@pytest.mark.parametrize("tokenization", ["huggingface", "sparknlp"])
def test_spark_and_light_paths_are_equal(spark, tiny_model, tokenization):
    stages = [
        *text_stages(cleanupMode="shrink_full"),
        classifier_of(tiny_model, tokenization=tokenization, caseSensitive=False, maxSentenceLength=16).setInputCols(
            ["sentence", "token"]
        ),
    ]
    model = PipelineModel(stages)
    texts = [None, *ENGLISH[:20], *AWKWARD, *random_texts(80)]
    columns = [stage.getOutputCol() for stage in stages]
    rows = model.transform(texts_frame(spark, texts)).select("id", *columns).collect()
    light = LightPipeline(model).fullAnnotate(texts)
    for row in rows:
        for column in columns:
            ours = plain([Annotation.fromRow(a) for a in row[column]])
            assert same(plain(light[row["id"]][column]), ours), (texts[row["id"]], column)
