"""Promises that every stage class keeps."""

import pytest

from sparkcls import annotator, base
from sparkcls.annotator import (
    DistilBertForSequenceClassification,
    DocumentNormalizer,
    Normalizer,
    SentenceDetector,
    Stemmer,
    StopWordsCleaner,
    Tokenizer,
)
from sparkcls.base import DocumentAssembler, Finisher, Pipeline, PipelineModel, TokenAssembler
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.stages.classifiers import CLASSIFIERS as ALL_CLASSIFIERS
from sparkcls.stages.classifiers import ZERO_SHOT
from sparkcls.stages.stage import _class_of
from tests.models import save_tiny_model
from tests.pipelines import classes, classifier_of, pipeline_of, texts_frame

#: Every stage with a value for each Param, all different from the defaults and from each other.
EVERYTHING = {
    DocumentAssembler: {
        "inputCol": "a",
        "outputCol": "b",
        "idCol": "c",
        "metadataCol": "d",
        "cleanupMode": "shrink",
    },
    Tokenizer: {
        "inputCols": ["a"],
        "outputCol": "b",
        "targetPattern": "\\w+",
        "prefixPattern": "\\A(x?)",
        "suffixPattern": "(x?)\\z",
        "infixPatterns": ["(a)", "(b)"],
        "contextChars": ["+", "/"],
        "exceptions": ["New York", "e-mail"],
        "caseSensitiveExceptions": False,
        "splitPattern": "-|#",
        "splitChars": ["-", "\\*"],
        "minLength": 2,
        "maxLength": 3,
        "lazyAnnotator": True,
    },
    SentenceDetector: {
        "inputCols": ["a"],
        "outputCol": "b",
        "useAbbreviations": False,
        "detectLists": False,
        "customBounds": [";", "x"],
        "useCustomBoundsOnly": True,
        "customBoundsStrategy": "append",
        "explodeSentences": True,
        "splitLength": 7,
        "minLength": 2,
        "maxLength": 3,
        "lazyAnnotator": True,
    },
    Normalizer: {
        "inputCols": ["a"],
        "outputCol": "b",
        "cleanupPatterns": ["x", "y"],
        "lowercase": True,
        "slangMatchCase": True,
        "minLength": 2,
        "maxLength": 3,
        "lazyAnnotator": True,
    },
    StopWordsCleaner: {
        "inputCols": ["a"],
        "outputCol": "b",
        "stopWords": ["x", "y"],
        "caseSensitive": True,
        "locale": "tr",
        "lazyAnnotator": True,
    },
    Stemmer: {"inputCols": ["a"], "outputCol": "b", "lazyAnnotator": True},
    DocumentNormalizer: {
        "inputCols": ["a"],
        "outputCol": "b",
        "action": "extract",
        "patterns": ["x", "y"],
        "replacement": "z",
        "lowercase": True,
        "policy": "first",
        "encoding": "ISO-8859-1",
        "lazyAnnotator": True,
    },
    TokenAssembler: {"inputCols": ["a", "b"], "outputCol": "c", "preservePosition": True, "lazyAnnotator": True},
    Finisher: {
        "inputCols": ["a", "b"],
        "outputCols": ["c", "d"],
        "valueSplitSymbol": "-",
        "annotationSplitSymbol": "+",
        "cleanAnnotations": False,
        "includeMetadata": True,
        "outputAsArray": False,
        "parseEmbeddingsVectors": True,
    },
    DistilBertForSequenceClassification: {
        "inputCols": ["a", "b"],
        "pairCol": "d",
        "outputCol": "c",
        "batchSize": 3,
        "caseSensitive": False,
        "maxSentenceLength": 77,
        "coalesceSentences": True,
        "activation": "sigmoid",
        "multilabel": True,
        "threshold": 0.25,
        "tokenization": "sparknlp",
        "device": "cpu",
        "precision": "bfloat16",
        "longText": "windows",
        "windowStride": 16,
        "windowPooling": "max",
        "scoring": "once",
        "onError": "raise",
        "metrics": True,
        "saveWeights": False,
        "lazyAnnotator": True,
        "model": '{"name": "n", "digest": "sha256:0d", "places": []}',
    },
}
#: Those of the other families take the same.
CLASSIFIERS = [cls for cls in ALL_CLASSIFIERS.values() if cls is not DistilBertForSequenceClassification]
EVERYTHING |= {cls: EVERYTHING[DistilBertForSequenceClassification] for cls in CLASSIFIERS}
EVERYTHING |= {
    cls: {name: value for name, value in EVERYTHING[DistilBertForSequenceClassification].items() if name != "pairCol"}
    | {
        "candidateLabels": ["e", "f"],
        "hypothesisTemplate": "About {}!",
        "entailmentIdParam": 1,
        "contradictionIdParam": 2,
    }
    for cls in ZERO_SHOT.values()
}
STAGES = list(EVERYTHING)
#: Params that setters fill from files or imported stages.
FILLED = {"exceptionsPath", "exceptionsOfFile", "rules", "slangDictionary"}


def values(stage):
    return {p.name: stage.getOrDefault(p) for p in stage.params if stage.isDefined(p)}


def test_class_paths_are_part_of_the_file_format():
    """Saved pipelines name these; moving a class breaks every one of them."""
    paths = [f"{c.__module__}.{c.__name__}" for c in STAGES]
    assert paths == [
        "sparkcls.stages.assembler.DocumentAssembler",
        "sparkcls.stages.tokenizer.Tokenizer",
        "sparkcls.stages.sentence_detector.SentenceDetector",
        "sparkcls.stages.normalizer.Normalizer",
        "sparkcls.stages.stop_words_cleaner.StopWordsCleaner",
        "sparkcls.stages.stemmer.Stemmer",
        "sparkcls.stages.document_normalizer.DocumentNormalizer",
        "sparkcls.stages.token_assembler.TokenAssembler",
        "sparkcls.stages.finisher.Finisher",
        "sparkcls.stages.distilbert.DistilBertForSequenceClassification",
        "sparkcls.stages.albert.AlbertForSequenceClassification",
        "sparkcls.stages.bert.BertForSequenceClassification",
        "sparkcls.stages.camembert.CamemBertForSequenceClassification",
        "sparkcls.stages.deberta.DeBertaForSequenceClassification",
        "sparkcls.stages.longformer.LongformerForSequenceClassification",
        "sparkcls.stages.mpnet.MPNetForSequenceClassification",
        "sparkcls.stages.roberta.RoBertaForSequenceClassification",
        "sparkcls.stages.transformer.TransformerForSequenceClassification",
        "sparkcls.stages.xlm_roberta.XlmRoBertaForSequenceClassification",
        "sparkcls.stages.xlnet.XlnetForSequenceClassification",
        "sparkcls.stages.albert.AlbertForZeroShotClassification",
        "sparkcls.stages.bart.BartForZeroShotClassification",
        "sparkcls.stages.bert.BertForZeroShotClassification",
        "sparkcls.stages.camembert.CamemBertForZeroShotClassification",
        "sparkcls.stages.deberta.DeBertaForZeroShotClassification",
        "sparkcls.stages.distilbert.DistilBertForZeroShotClassification",
        "sparkcls.stages.roberta.RoBertaForZeroShotClassification",
        "sparkcls.stages.transformer.TransformerForZeroShotClassification",
        "sparkcls.stages.xlm_roberta.XlmRoBertaForZeroShotClassification",
    ]
    for cls, path in zip(STAGES, paths, strict=True):
        assert _class_of(path, "somewhere", None) is cls


@pytest.mark.parametrize("cls", STAGES)
def test_every_keyword_arrives(cls):
    stage = cls(**EVERYTHING[cls])
    assert set(EVERYTHING[cls]) == {p.name for p in stage.params} - FILLED
    assert {name: v for name, v in values(stage).items() if name not in FILLED} == EVERYTHING[cls]
    with pytest.raises(TypeError):
        cls("positional")


@pytest.mark.parametrize("cls", STAGES)
def test_every_param_but_the_model_has_setter_and_getter(cls):
    for name, value in EVERYTHING[cls].items():
        if name == "model":
            continue
        suffix = name[0].upper() + name[1:]
        stage = cls()
        assert getattr(stage, f"set{suffix}")(value) is stage
        assert getattr(stage, f"get{suffix}")() == value


@pytest.mark.parametrize("cls", STAGES)
def test_construction_needs_nothing_and_is_repeatable(cls):
    assert values(cls()) == values(cls())
    assert cls().uid.startswith(cls.__name__)


@pytest.mark.parametrize("cls", STAGES)
def test_lists_from_getters_are_copies(cls):
    stage = cls(**EVERYTHING[cls])
    if hasattr(stage, "getInputCols"):
        stage.getInputCols().append("leak")
        assert stage.getInputCols() == EVERYTHING[cls]["inputCols"]


def test_a_refused_value_leaves_the_others_as_they_were():
    stage = Tokenizer()
    with pytest.raises(ParamError):
        stage._update(outputCol="new", minLength=-1)
    assert stage.getOutputCol() == "token"


def test_none_leaves_a_param_alone():
    assert Tokenizer(outputCol=None).getOutputCol() == "token"


@pytest.mark.parametrize(
    "cls", [cls for cls in STAGES if cls not in (*CLASSIFIERS[:-1], *list(ZERO_SHOT.values())[:-1])]
)
def test_save_and_load(spark, cls, tmp_path):
    stage = cls(**EVERYTHING[cls])
    stage.save(str(tmp_path / "stage"))
    loaded = cls.load(str(tmp_path / "stage"))
    assert type(loaded) is cls
    assert loaded.uid == stage.uid
    assert values(loaded) == values(stage)
    assert {p.name for p in loaded.params if loaded.isSet(p)} == {p.name for p in stage.params if stage.isSet(p)}


def test_overwrite(spark, tmp_path):
    path = str(tmp_path / "a stage \u00e4")
    Tokenizer(minLength=1).save(path)
    with pytest.raises(Exception, match="(?i)already exists"):
        Tokenizer().save(path)
    Tokenizer(minLength=2).write().overwrite().save(path)
    assert Tokenizer.load(path).getMinLength() == 2


def test_load_by_the_wrong_class(spark, tmp_path):
    Tokenizer().save(str(tmp_path / "stage"))
    with pytest.raises(ModelFormatError, match=r"holds a Tokenizer; load it with Tokenizer.load"):
        DocumentAssembler.load(str(tmp_path / "stage"))


def test_a_saved_pipeline_answers_the_same_and_setters_after_loading_count(spark, tmp_path):
    name = "distilbert_base_sequence_classifier_imdb"
    folder = save_tiny_model(tmp_path / name, ["neg", "pos"])
    stage = classifier_of(folder, batchSize=3)
    frame = texts_frame(spark, ["good movie", None, "bad " * 200])
    model = pipeline_of(stage)
    Pipeline(stages=list(model.stages)).fit(frame).write().overwrite().save(str(tmp_path / "p"))
    loaded = PipelineModel.load(str(tmp_path / "p"))
    assert classes(loaded, frame) == classes(model, frame)
    assert loaded.stages[2].getMaxSentenceLength() == stage.getMaxSentenceLength() == 512
    loaded.stages[2].setMultilabel(True).setThreshold(0.0)
    assert [len(r) for r in classes(loaded, frame)] == [2, 0, 2]


def test_nothing_of_the_stage_is_captured(spark, tiny_model):
    """A stage that cannot be pickled must still transform."""
    import threading

    stage = classifier_of(tiny_model)
    stage.unpicklable = threading.Lock()
    tokenizer = Tokenizer(inputCols=["document"], outputCol="token")
    tokenizer.unpicklable = threading.Lock()
    assert classes(pipeline_of(stage, tokenizer), texts_frame(spark, ["good"]))


@pytest.mark.parametrize("module", [base, annotator])
def test_public_names_resolve(module):
    assert sorted(module.__all__) == list(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_two_calls_with_different_params_do_not_mix(spark, tiny_model):
    model = pipeline_of(classifier_of(tiny_model))
    frame = texts_frame(spark, ["good movie"])
    stage = model.stages[2]
    plain = model.transform(frame)
    multi = PipelineModel([*model.stages[:2], stage.copy({stage.multilabel: True, stage.threshold: 0.0})]).transform(
        frame
    )
    assert [len(f.collect()[0]["class"]) for f in (plain, multi, plain)] == [1, 3, 1]
