"""Pairs of texts and texts with hypotheses in the engine, beside `tokenizers` and `transformers`."""

import itertools
import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from sparkcls.classification import CloseCalls, Decision, probabilities
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import Pair, Reading
from sparkcls.engine.figures import Figures
from sparkcls.engine.pairs import PairFrame, PairIds
from sparkcls.engine.zero_shot import Answer
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.families.registry import FAMILIES as NATIVE
from sparkcls.models.ref import ModelRef
from sparkcls.models.tokenizer_settings import read_tokenizer_settings
from tests.families import FAMILIES, save_tiny_family, tiny_tokenizer
from tests.models import poisonous, save_tiny_model, sharp

NLI = ["contradiction", "neutral", "entailment"]
TEXTS = [
    "the team won a good game",
    "shares fell, and the market was awful and boring " * 3,
    "I really liked that movie!",
    "a",
    "science",
]
LABELS = ["the market", "good films", "science and new york"]
READING = Reading("huggingface", True, 32)


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("nli") / "nli", NLI)


def load(folder, precision="float32"):
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), "cpu", precision)


def their_model(folder):
    return AutoModelForSequenceClassification.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def letters(template):
    tokenizer = Tokenizer(models.WordLevel({p: i for i, p in enumerate(["[C]", "[S]", "a", "b", "?"])}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[C] $A [S]", pair=template, special_tokens=[("[C]", 0), ("[S]", 1)]
    )
    return tokenizer


# --- frames and cuts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_the_frame_of_every_family_is_transformers(family, tmp_path):
    theirs = tiny_tokenizer(family)
    sends_types = "token_type_ids" in theirs.model_input_names
    frame = PairFrame.of(theirs._tokenizer, tmp_path, sends_types)
    for first, second in itertools.product(["a good film", "poison", ""], ["it was not", "the plot"]):
        expected = theirs(first, second)
        ids = [theirs(text, add_special_tokens=False)["input_ids"] for text in (first, second)]
        pair = frame.join(frame.head(ids[0]), frame.second(ids[1]))
        assert list(pair) == expected["input_ids"]
        assert (len(pair), pair[0], pair[1:3]) == (len(list(pair)), next(iter(pair)), list(pair)[1:3])
        types = [int(i >= pair.second) for i in range(len(pair))]
        assert types == expected.get("token_type_ids", [0] * len(pair))


def test_texts_are_cut_as_the_library_cuts_them(tmp_path):
    tokenizer = letters("[C] $A [S] $B:1 [S]:1")
    frame = PairFrame.of(tokenizer, tmp_path, True)
    assert frame == PairFrame([0], [1], [1], 1)
    for first, second, length in itertools.product(range(8), range(8), range(3, 20)):
        texts = [" ".join("a" * first), " ".join("b" * second)]
        tokenizer.enable_truncation(length, strategy="longest_first")
        expected = tokenizer.encode(*texts).ids
        assert frame.longest_first(first, second, length) == (expected.count(2), expected.count(3))
        if length > 3:
            tokenizer.enable_truncation(length, strategy="only_first")
            try:
                expected = tokenizer.encode(*texts).ids
            except Exception:
                with pytest.raises(ParamError, match="leave no room for the first"):
                    frame.only_first(first, second, length)
            else:
                assert (frame.only_first(first, second, length), second) == (expected.count(2), expected.count(3))
    with pytest.raises(ParamError, match="special wordpieces of a pair alone are 3"):
        frame.longest_first(1, 1, 2)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("[C] $A $B [S]", "needs a template for pairs"),
        ("[C] $B [S] $A [S]", "needs a template for pairs"),
        ("[C] $A:1 [S] $B [S]", "token types"),
    ],
)
def test_other_frames_are_refused(template, message, tmp_path):
    with pytest.raises(ModelFormatError, match=message):
        PairFrame.of(letters(template), tmp_path, True)


def sends_types(folder, model_type):
    return read_tokenizer_settings(folder, {"model_type": model_type}, []).has_types


def test_types_are_sent_where_transformers_sends_them(tmp_path):
    for family in FAMILIES:
        folder = tmp_path / family
        theirs = tiny_tokenizer(family)
        theirs.save_pretrained(folder)
        assert sends_types(folder, family) == ("token_type_ids" in theirs.model_input_names), family
    file = tmp_path / "bert" / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps(settings | {"model_input_names": ["input_ids", "attention_mask"]}))
    assert not sends_types(file.parent, "bert")
    file.write_text(json.dumps(settings | {"model_input_names": "input_ids"}))
    with pytest.raises(ModelFormatError, match="model_input_names is 'input_ids'; expected a list"):
        sends_types(file.parent, "bert")
    file.unlink()
    assert sends_types(file.parent, "bert")
    assert not sends_types(file.parent, "albert")


# --- pairs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("length", [8, 32, 512])
def test_scores_of_pairs_are_transformers(nli, tmp_path, length, side):
    folder = tmp_path / "model"
    folder.mkdir()
    for file in nli.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    settings = folder / "tokenizer_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"truncation_side": side}))
    model, tokenizer = their_model(folder)
    pairs = [Pair(a, b) for a, b in itertools.product(TEXTS, TEXTS)]
    outcomes = load(folder).classify(pairs, range(len(pairs)), Reading("huggingface", True, length))
    for pair, outcome in zip(pairs, outcomes, strict=True):
        inputs = tokenizer(pair.first, pair.second, truncation=True, max_length=length, return_tensors="pt")
        with torch.no_grad():
            expected = model(inputs["input_ids"]).logits[0].numpy()
        whole = tokenizer(pair.first, pair.second)["input_ids"]
        assert np.abs(outcome.logits - expected).max() < 1e-5
        assert outcome.truncated == len(whole) - inputs["input_ids"].shape[1]


@pytest.mark.parametrize("family", sorted({*NATIVE} & {*FAMILIES}))
def test_every_family_reads_pairs_as_transformers_does(family, tmp_path):
    folder = save_tiny_family(tmp_path / family, family, NLI)
    model, tokenizer = their_model(folder)
    pairs = [Pair(a, b) for a, b in itertools.product(TEXTS, TEXTS[:3])]
    classifier = load(folder)
    outcomes = classifier.classify(pairs, range(len(pairs)), READING)
    for pair, outcome in zip(pairs, outcomes, strict=True):
        inputs = tokenizer(pair.first, pair.second, truncation=True, max_length=READING.max_length, return_tensors="pt")
        with torch.no_grad():
            expected = model(**inputs).logits[0].numpy()
        assert np.abs(outcome.logits - expected).max() < 1e-5
    tokenizer.model_max_length = READING.max_length
    theirs = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer)
    hypotheses = classifier.hypotheses([f"This example is {label}." for label in LABELS[:2]], Answer(2), READING)
    outcomes = classifier.score(classifier.prepare(TEXTS, range(len(TEXTS)), READING, hypotheses))
    for text, outcome in zip(TEXTS, outcomes, strict=True):
        found = theirs(text, LABELS[:2])
        expected = dict(zip(found["labels"], found["scores"], strict=True))
        assert probabilities(outcome.logits, "softmax") == pytest.approx(
            [expected[label] for label in LABELS[:2]], abs=1e-5
        )


def test_equal_pairs_are_scored_once_and_their_order_counts(nli):
    classifier, figures = load(nli), Figures()
    pairs = [Pair("a", "b"), Pair("b", "a"), Pair("a", "b"), Pair("a", " \t"), ["a", "b"], "a"]
    outcomes = classifier.classify(pairs, [0, 1, 2, 3, 4, 5], READING, figures=figures)
    assert (figures.sentences, figures.scored) == (6, 4)
    assert (outcomes[0].logits == outcomes[2].logits).all()
    assert (outcomes[0].logits != outcomes[1].logits).any()
    assert outcomes[3].logits is None
    assert outcomes[3].error is None


def test_a_bad_side_is_the_error_of_its_pair_alone(tmp_path):
    folder = save_tiny_model(tmp_path / "poisonous", NLI, change=poisonous("poison"))
    pairs = [Pair("good", "poison"), Pair("poison", "good"), Pair("good", "bad"), Pair("good", "\ud800")]
    outcomes = load(folder).classify(pairs, range(4), READING)
    assert [bool(o.error) for o in outcomes] == [True, True, False, True]
    assert outcomes[2].logits is not None


# --- hypotheses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [LABELS, LABELS[:1]], ids=len)
@pytest.mark.parametrize("multi_label", [False, True])
def test_scores_of_labels_are_the_zero_shot_pipelines(nli, labels, multi_label):
    model, tokenizer = their_model(nli)
    tokenizer.model_max_length = READING.max_length
    theirs = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer)
    against = multi_label or len(labels) == 1
    classifier, figures = load(nli), Figures()
    hypotheses = classifier.hypotheses(
        [f"This example is {label}." for label in labels], Answer(2, 0 if against else None), READING
    )
    prepared = classifier.prepare([*TEXTS, *TEXTS, "  "], range(len(TEXTS) * 2 + 1), READING, hypotheses)
    outcomes = classifier.score(prepared, figures=figures)
    assert figures.scored == len(TEXTS) * len(labels)
    assert outcomes[-1].logits is None
    assert outcomes[1].truncated > 0
    for text, outcome in zip(TEXTS, outcomes, strict=False):
        found = theirs(text, labels, multi_label=multi_label)
        expected = dict(zip(found["labels"], found["scores"], strict=True))
        scores = probabilities(outcome.logits, "sigmoid" if against else "softmax")
        assert scores == pytest.approx([expected[label] for label in labels], abs=1e-5)


def test_a_text_and_its_labels_share_their_wordpieces(nli):
    classifier = load(nli)
    hypotheses = classifier.hypotheses(["it is good", "it is bad"], Answer(2), READING)
    inputs = classifier.prepare(["the plot", "a film"], [0, 1], READING, hypotheses).inputs
    assert list(inputs) == [0, 1, 2, 3]
    assert all(isinstance(sequence, PairIds) for sequence in inputs.values())
    assert inputs[0].head is inputs[1].head
    assert inputs[0].tail is inputs[2].tail


def test_a_label_that_leaves_no_room_is_refused(nli):
    classifier = load(nli)
    with pytest.raises(ParamError, match=r"'good good.*maxSentenceLength is 12; a second text of 9 wordpieces and 3"):
        classifier.hypotheses(["good", "good " * 9], Answer(2), Reading("huggingface", True, 12))


def test_a_label_that_fails_is_the_error_of_the_text(tmp_path):
    folder = save_tiny_model(tmp_path / "poisonous", NLI, change=poisonous("poison"))
    classifier = load(folder)
    hypotheses = classifier.hypotheses(["it is good", "it is poison"], Answer(2), READING)
    outcomes = classifier.score(classifier.prepare(["a film"], [0], READING, hypotheses))
    assert "scores are not finite" in outcomes[0].error


def test_labels_that_spark_nlp_cuts_away_are_asked_once(tmp_path):
    folder = save_tiny_family(tmp_path / "bert", "bert", NLI)
    classifier, figures = load(folder), Figures()
    reading = Reading("sparknlp", False, 16)
    hypotheses = classifier.hypotheses([f"it is {label}" for label in LABELS], Answer(2), reading)
    prepared = classifier.prepare(["good " * 30, "a film"], [0, 1], reading, hypotheses)
    long, short = classifier.score(prepared, figures=figures)
    assert len(set(long.logits.tolist())) == 1
    assert len(set(short.logits.tolist())) == len(LABELS)
    assert figures.scored == 1 + len(LABELS)


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (Answer(2), Decision()),
        (Answer(2, 0), Decision("sigmoid", 0.5)),
        (Answer(2), Decision(coalesce=True)),
        (Answer(2, 0), Decision("sigmoid", 0.5, coalesce=True)),
    ],
    ids=["best", "several", "best of a row", "several of a row"],
)
def test_labels_of_mixed_precision_are_those_of_float32(tmp_path, answer, decision):
    folder = save_tiny_model(tmp_path / "sharp", NLI, change=sharp(20.0), seed=3)
    words = ["good", "bad", "film", "plot", "market", "won", "lost", "joy", "fear", "the", "not"]
    chance = np.random.RandomState(0)
    texts = [" ".join(chance.choice(words, size=chance.randint(1, 9))) for _ in range(400)]
    rows = [i // 2 for i in range(len(texts))]
    found = []
    figures = Figures()
    for precision in ("mixed", "float32", "bfloat16"):
        classifier = load(folder, precision)
        hypotheses = classifier.hypotheses([f"it is {label}" for label in LABELS], answer, READING)
        prepared = classifier.prepare(texts, rows, READING, hypotheses)
        # Whether all of it would be better done in float32 is not the question here.
        if precision == "mixed":
            classifier._moves_of(prepared).are_small_enough = lambda *_: True
        outcomes = classifier.score(prepared, CloseCalls(decision), figures if precision == "mixed" else None)
        scores = np.stack([probabilities(o.logits, decision.activation) for o in outcomes])
        if decision.coalesce:
            scores = scores.reshape(-1, 2, len(LABELS)).mean(axis=1)
        found.append(scores > 0.5 if decision.activation == "sigmoid" else scores.argmax(axis=1))
    assert (found[0] == found[1]).all()
    assert (found[2] != found[1]).any(), "the model is not sharp enough to tell"
    assert 0 < figures.rescored < figures.scored
    assert figures.rescored % len(LABELS) == 0
