"""Long texts in windows, beside `tokenizers` and `transformers`."""

import itertools
import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls.annotation import Annotation
from sparkcls.classification import CloseCalls, Decision, pooled, probabilities, to_annotations
from sparkcls.engine import prepared
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import Margins, Outcome, Pair, Reading, Windows
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.figures import Figures
from sparkcls.engine.share import shares_told_to, tell
from sparkcls.engine.windows import Cut
from sparkcls.engine.zero_shot import Answer
from sparkcls.errors import ParamError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from tests.families import FAMILIES, save_tiny_family, tiny_tokenizer
from tests.models import WORDS, poisonous, save_tiny_model, sharp

NLI = ["contradiction", "neutral", "entailment"]
LONG = "shares fell, and the market was awful and boring " * 6
SHORT = ["a good film", "I really liked that movie!", "the plot", "a"]
READING = Reading("huggingface", True, 16, windows=Windows(4))


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("nli") / "nli", NLI)


def load(folder, precision="float32"):
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), "cpu", precision)


def test_windows_are_cut_as_the_library_cuts_them():
    tokenizer = Tokenizer(models.WordLevel({str(i): i for i in range(40)} | {"?": 40}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    for room, side in itertools.product(range(1, 8), ("right", "left")):
        for length, stride in itertools.product(range(room + 1, 26), range(room)):
            tokenizer.enable_truncation(room, stride=stride, direction=side)
            found = tokenizer.encode(" ".join(map(str, range(length))))
            expected = [part.ids for part in (found, *found.overflowing)]
            cut = Cut(length, room, stride, side == "left")
            assert [list(range(length))[cut[i]] for i in range(len(cut))] == expected


#: Transformers 4 gives them one wordpiece more before a sign that they do not know.
OTHER_IDS = ("albert", "deberta", "xlnet")


@pytest.mark.parametrize("family", [pytest.param(f, marks=[pytest.mark.newest] * (f in OTHER_IDS)) for f in FAMILIES])
@pytest.mark.parametrize("side", ["right", "left"])
def test_the_windows_of_every_family_are_transformers(family, side, tmp_path):
    tokenizer = tiny_tokenizer(family)
    tokenizer.truncation_side = side
    save_tiny_family(tmp_path / family, family, NLI)
    settings = tmp_path / family / "tokenizer_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"truncation_side": side}))
    encoder = TextEncoder(read_model_folder(tmp_path / family))
    options = {"max_length": 16, "stride": 4, "return_overflowing_tokens": True}
    for texts in ([LONG], ["a good film"], [LONG, "the plot"]):
        expected = tokenizer(*texts, truncation="only_first", **options)
        sentence = texts[0] if len(texts) == 1 else Pair(*texts)
        made = prepare(encoder, [sentence])
        found = [sequence for part in made.parts(20) for sequence in part.values()]
        assert [list(sequence) for sequence in found] == expected["input_ids"]
        assert made.wordpieces() == made.wordpieces([0]) == sum(map(len, found))
        assert len(found) > 4 or texts == ["a good film"]
        assert made.outcomes == [Outcome()]
        if "token_type_ids" in expected and family != "xlnet":
            types = [[int(i >= getattr(s, "second", len(s))) for i in range(len(s))] for s in found]
            assert types == expected["token_type_ids"]


def prepare(encoder, sentences, reading=READING, hypotheses=None):
    return prepared.prepare(encoder, sentences, range(len(sentences)), reading, hypotheses)


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
def test_pooled_scores_are_those_of_transformers_windows(nli, activation, pooling):
    model, tokenizer = (
        AutoModelForSequenceClassification.from_pretrained(nli).eval(),
        AutoTokenizer.from_pretrained(nli),
    )
    decision = Decision(activation, 0.5, pooling=pooling)
    for sentence in (LONG, Pair(LONG, "a good film"), SHORT[0]):
        texts = [sentence.first, sentence.second] if isinstance(sentence, Pair) else [sentence]
        inputs = tokenizer(
            *texts,
            truncation="only_first",
            max_length=16,
            stride=4,
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        with torch.no_grad():
            logits = model(inputs["input_ids"], inputs["attention_mask"]).logits.numpy()
        (outcome,) = load(nli).classify([sentence], [0], READING)
        assert outcome.windows == len(logits)
        scores = {"softmax": lambda x: torch.tensor(x).softmax(1).numpy(), "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
        expected = scores.get(activation, lambda x: x)(logits)
        expected = expected.mean(0) if pooling == "mean" else expected.max(0)
        expected = expected / expected.sum() if activation == "softmax" else expected
        found = to_annotations(
            [Annotation("document", 0, 1, "", {})], [outcome], NLI, Decision(activation, 0.0, pooling=pooling)
        )
        assert [float(found[0].metadata[label]) for label in NLI] == pytest.approx(expected, abs=1e-5)
        assert found[0].metadata.get("windows") == (str(len(logits)) if len(logits) > 1 else None)
        assert "truncated" not in found[0].metadata
        if len(logits) > 1:
            assert pooled(probabilities(outcome.logits, activation), decision) == pytest.approx(expected, abs=1e-5)


def test_short_texts_are_computed_as_if_there_were_no_windows(nli):
    classifier = load(nli)
    texts = [*SHORT, LONG, *SHORT[:2], LONG + "good"]
    cut = classifier.classify(texts, range(len(texts)), Reading("huggingface", True, 16))
    figures = Figures()
    whole = classifier.classify(texts, range(len(texts)), READING, figures=figures)
    for text, one, other in zip(texts, cut, whole, strict=True):
        is_long = text.startswith(LONG)
        assert (one.windows, other.windows > 1) == (1, is_long)
        assert (one.truncated > 0, other.truncated) == (is_long, 0)
        first = other.logits[0] if is_long else other.logits
        assert (one.logits == first).all()
    assert (figures.sentences, figures.truncated, figures.windowed) == (len(texts), 0, 2)
    assert figures.scored == len(SHORT) + whole[4].windows + whole[-1].windows
    assert classifier.prepare(SHORT, range(4), READING).further == {}


def test_equal_long_texts_are_scored_once(nli):
    figures = Figures()
    outcomes = load(nli).classify([LONG, "a", LONG], [0, 1, 2], READING, figures=figures)
    assert outcomes[0] is outcomes[2]
    assert figures.scored == outcomes[0].windows + 1


def test_first_reads_one_window_and_tells_the_rest_as_truncated(nli):
    classifier, sentences = load(nli), [LONG, Pair(LONG, "a good film"), "a"]
    first = Reading("huggingface", True, 16, windows=Windows(90, only_first=True))
    figures = Figures()
    found = classifier.classify(sentences, range(3), first, figures=figures)
    whole = classifier.classify(sentences, range(3), READING)
    cut = classifier.classify(sentences[:1], [0], Reading("huggingface", True, 16))
    assert (found[0].logits == whole[0].logits[0]).all()
    assert np.allclose(found[1].logits, whole[1].logits[0], atol=1e-6)
    assert found[0].truncated == cut[0].truncated > 0
    assert (found[1].windows, found[2].truncated, figures.scored, figures.truncated) == (1, 0, 3, 2)


def test_default_strides():
    assert [Windows().overlap(length - 2, length) for length in (3, 4, 16, 128, 512)] == [0, 1, 4, 32, 128]
    assert Windows().overlap(10, 128) == 5
    with pytest.raises(ParamError, match="windowStride is 14; with maxSentenceLength 16 a window has room for 14"):
        Windows(14).overlap(14, 16)


def test_a_second_text_that_leaves_no_room_is_the_error_of_its_row(nli):
    sentences = [Pair("a good film", "the plot " * 9), Pair(LONG, "the plot " * 5), Pair(LONG, "a"), "a"]
    found = load(nli).classify(sentences, range(4), READING)
    assert found[0].error == (
        "InputError: maxSentenceLength is 16; a second text of 18 wordpieces and 3 special ones leave no room for the "
        "first. Set more, or shorten the second"
    )
    assert "windowStride is 4; with maxSentenceLength 16 a window has room for 3 wordpieces" in found[1].error
    assert (found[2].error, found[2].windows > 1, found[3].error) == (None, True, None)
    (small,) = load(nli).classify(sentences[1:2], [0], Reading("huggingface", True, 16, windows=Windows()))
    assert small.error is None, "an unset stride leaves room to advance"


def test_labels_of_a_long_text_are_asked_of_the_same_windows(nli):
    classifier = load(nli)
    answer = Answer(2)
    hypotheses = classifier.hypotheses(["it is good", "it is really not bad"], answer, READING)
    texts = ["a", LONG, "the plot", LONG]
    figures = Figures()
    outcomes = classifier.score(prepare(classifier.encoder, texts, READING, hypotheses), figures=figures)
    ids = classifier.encoder.encode([LONG], "huggingface", True)[0]
    frame = classifier.encoder.pair_frame
    room = 16 - frame.special_length - hypotheses.seconds[1].length
    cut = Cut(len(ids), room, 4)
    assert (outcomes[1].windows, figures.scored) == (len(cut), 2 * (2 + len(cut)))
    model = AutoModelForSequenceClassification.from_pretrained(nli).eval()
    for window in range(len(cut)):
        for label, second in enumerate(hypotheses.seconds):
            pair = frame.join(frame.head(ids[cut[window]]), second)
            with torch.no_grad():
                expected = model(torch.tensor([list(pair)])).logits[0, 2]
            assert outcomes[1].logits[window, label] == pytest.approx(float(expected), abs=1e-5)
    assert outcomes[0].logits.shape == outcomes[2].logits.shape == (2,)
    with pytest.raises(ParamError, match="windowStride is 9; with maxSentenceLength 16 a window has room for 9"):
        classifier.hypotheses(["it is good bad"], answer, Reading("huggingface", True, 16, windows=Windows(9)))


def test_labels_of_the_same_wordpieces_are_asked_once(nli, monkeypatch):
    """On some processors the last digits depend on a sequence's place; of equal labels the first must win."""
    classifier, figures, shares = load(nli), Figures(), []
    chance = np.random.RandomState(0)

    def predict(batches, figures):
        tell(1, 1)
        return [chance.standard_normal((len(batch.sequences), 3)).astype(np.float32) for batch in batches]

    monkeypatch.setattr(classifier._passes, "predict", predict)
    # Parts of a window each, or they would end between its labels.
    monkeypatch.setattr("sparkcls.engine.classifier.token_budget", lambda *_, **__: 1)
    labels = ["it is good", "it is bad", "it  is good", "it is good "]
    hypotheses = classifier.hypotheses(labels, Answer(2), READING)
    with shares_told_to(shares.append):
        outcomes = classifier.score(
            prepare(classifier.encoder, ["a", LONG * 3, "the plot"], READING, hypotheses), figures=figures
        )
    windows = outcomes[1].windows
    assert windows > 12
    for outcome in outcomes:
        first, other, *copies = outcome.logits.T
        assert all((copy == first).all() for copy in copies)
        assert (first != other).all()
    assert figures.scored == 2 * (2 + windows)
    assert shares[-1] == pytest.approx(1)


def test_a_window_that_fails_is_the_error_of_its_text_alone(tmp_path):
    folder = save_tiny_model(tmp_path / "poisonous", NLI, change=poisonous("poison"))
    texts = [LONG + "poison", LONG, "a"]
    found = load(folder).classify(texts, range(3), READING)
    assert "not finite" in found[0].error
    assert [outcome.error for outcome in found[1:]] == [None, None]
    assert load(folder).classify(texts, range(3), Reading("huggingface", True, 16))[0].error is None


def test_windows_of_a_huge_text_are_made_part_by_part(nli, monkeypatch):
    classifier = load(nli)
    given, shares = [], []

    def predict(batches, figures):
        given.append(sum(len(s) for batch in batches for s in batch.sequences))
        tell(1, 1)
        return [np.zeros((len(batch.sequences), 3), np.float32) for batch in batches]

    monkeypatch.setattr(classifier._passes, "predict", predict)
    monkeypatch.setattr("sparkcls.engine.classifier.token_budget", lambda *_, **__: 512)
    with shares_told_to(shares.append):
        outcomes = classifier.classify(["film " * 60_000, "a", "plot " * 20_000], range(3), READING)
    assert [o.windows for o in outcomes] == [6_000, 1, 2_000]
    assert shares == sorted(shares)
    assert (len(shares), shares[-1]) == (len(given), pytest.approx(1))
    assert len(given) > 7
    assert max(given) < 32 * 512 + 16


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("coalesce", [False, True])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_what_is_not_close_keeps_its_labels_however_windows_move_within_the_margins(activation, coalesce, pooling):
    chance = np.random.default_rng(1)
    settled = undecided = 0
    for scale in (0.3, 3.0, 30.0, 900.0):
        for _ in range(30):
            outputs, count = chance.integers(1 + (activation == "softmax"), 6), int(chance.integers(1, 6))
            windows = chance.integers(1, 5, size=count)
            half = chance.normal(size=(windows.sum(), outputs)) * scale
            exact = half + chance.uniform(-1, 1, size=half.shape) * scale * chance.choice([0.02, 0.2])
            moved = exact - half
            margins = Margins(np.ptp(moved, axis=1).max() * 1.0001, np.abs(moved).max() * 1.0001)
            decision = Decision(activation, chance.choice([0.1, 0.5, 0.9]), coalesce, pooling)
            rows = [[number % 2] for number in range(count)]
            close = CloseCalls(decision)(half, rows, margins, windows.tolist())
            assert close.shape == (count,)
            ends = np.cumsum(windows)
            for row in (0, 1) if coalesce else range(count):
                texts = [i for i in range(count) if i % 2 == row] if coalesce else [row]
                if any(close[i] for i in texts):
                    undecided += 1
                    continue
                settled += 1
                both = [[x[ends[i] - windows[i] : ends[i]] for i in texts] for x in (half, exact)]
                labels = [[a.result for a in labels_of(logits, decision, outputs)] for logits in both]
                assert labels[0] == labels[1]
    assert settled > 100
    assert undecided > 20


def labels_of(texts, decision, outputs):
    outcomes = [Outcome((x[0] if len(x) == 1 else x).astype(np.float32)) for x in texts]
    documents = [Annotation("document", i, i, "x", {}) for i in range(len(texts))]
    return to_annotations(documents, outcomes, [f"l{i}" for i in range(outputs)], decision)


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_labels_of_mixed_precision_are_those_of_float32(tmp_path, activation, pooling):
    folder = save_tiny_model(tmp_path / "sharp", ["x", "y"], seed=3, change=sharp(8.0))
    decision, chance = Decision(activation, 0.5, pooling=pooling), np.random.RandomState(0)
    texts = [" ".join(chance.choice(WORDS[:50], size=chance.randint(3, 40))) for _ in range(300)]
    found, figures = [], Figures()
    for precision in ("mixed", "float32", "bfloat16"):
        classifier = load(folder, precision)
        if precision == "mixed":
            classifier._moves.are_small_enough = lambda *_: True
        counted = figures if precision == "mixed" else None
        outcomes = classifier.classify(texts, range(300), READING, CloseCalls(decision), counted)
        found.append([[a.result for a in labels_of([np.atleast_2d(o.logits)], decision, 2)] for o in outcomes])
    assert found[0] == found[1]
    assert found[2] != found[1], "the model is not sharp enough to tell"
    assert 0 < figures.rescored < figures.scored


def test_all_windows_of_a_close_call_are_computed_again(nli):
    classifier = load(nli, "mixed")
    classifier._moves.are_small_enough = lambda *_: True
    figures = Figures()

    def second_alone(logits, rows, margins, windows=None):
        assert len(logits) == sum(windows)
        return np.arange(len(rows)) == 1

    texts = [LONG, LONG + "good", "a"]
    found = classifier.classify(texts, range(3), READING, second_alone, figures)
    exact = load(nli).classify(texts, range(3), READING)
    assert figures.rescored == found[1].windows > 4
    assert np.abs(found[1].logits - exact[1].logits).max() < 1e-5
    assert np.abs(found[0].logits - exact[0].logits).max() > 1e-3
