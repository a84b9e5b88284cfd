"""What the outputs of a head mean, against `transformers`' own pipeline, through every way in."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file
from transformers import pipeline

from sparkcls.classification import CloseCalls, Decision, probabilities, to_annotations, verdicts
from sparkcls.engine.contract import Margins
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.formats.convert import convert_folder
from sparkcls.light import LightPipeline
from sparkcls.models.layout import read_model_folder
from sparkcls.nlu.frames import Layout
from sparkcls.rows.answers import answers_of, as_structs
from tests.foreign import write_saved_model
from tests.models import save_tiny_model
from tests.models.test_layout import change_config
from tests.pipelines import classifier_of, pipeline_of
from tests.test_classification import scored, sentence
from tests.tf_graph import Build

TEXTS = ["the movie was good", "awful plot", "shares rose"]
LABELS = {1: ["only"], 3: ["x", "y", "z"]}
KINDS = [
    (None, 1, "sigmoid"),
    (None, 3, "softmax"),
    ("single_label_classification", 3, "softmax"),
    ("multi_label_classification", 1, "sigmoid"),
    ("multi_label_classification", 3, "sigmoid"),
    ("regression", 1, "none"),
    ("regression", 3, "none"),
]


def model_folder(folder, kind, outputs, **config):
    save_tiny_model(folder, LABELS[outputs], seed=outputs)
    change_config(folder, problem_type=kind, **config)
    return folder


def exporters_folder(out, source):
    (out / "assets").mkdir(parents=True)
    state = load_file(source / "model.safetensors")
    write_saved_model(out, state, Build(json.loads((source / "config.json").read_text())["n_heads"]))
    shutil.copy(source / "vocab.txt", out / "assets")
    shutil.copy(source / "config.json", out)
    return out


def annotations(stage, text):
    (row,) = LightPipeline(pipeline_of(stage)).fullAnnotate([text])
    return row["class"]


@pytest.mark.parametrize(("kind", "outputs", "activation"), KINDS)
def test_scores_and_labels_are_those_of_the_pipeline(tmp_path, kind, outputs, activation):
    folder = model_folder(tmp_path / "m", kind, outputs, function_to_apply="sigmoid")
    stage = classifier_of(folder)
    assert stage.getActivation() == stage.getOrDefault("activation") == activation
    reference = pipeline("text-classification", model=str(folder), device="cpu")
    for text in TEXTS:
        expected = {e["label"]: e["score"] for e in reference(text, top_k=None)}
        found = annotations(stage, text)
        for a in found:
            assert {k: float(a.metadata[k]) for k in expected} == pytest.approx(expected, abs=1e-5)
        if activation == "sigmoid" and outputs > 1:
            assert {a.result for a in found} == {label for label, score in expected.items() if score > 0.5}
        else:
            assert [a.result for a in found] == [reference(text)[0]["label"]]


def test_a_setter_wins(tmp_path):
    stage = classifier_of(model_folder(tmp_path / "m", "multi_label_classification", 3)).setActivation("softmax")
    (a,) = annotations(stage, TEXTS[0])
    assert sum(float(a.metadata[label]) for label in "xyz") == pytest.approx(1, abs=1e-5)
    stage = classifier_of(model_folder(tmp_path / "n", "regression", 3)).setMultilabel(True)
    assert stage.getActivation() == "sigmoid"


def test_a_stage_whose_model_is_elsewhere_tells_its_default(tmp_path):
    stage = classifier_of(model_folder(tmp_path / "m", "regression", 3))
    shutil.rmtree(tmp_path / "m")
    assert stage.getActivation() == "none"


def test_raw_scores_on_request(tmp_path):
    folder = model_folder(tmp_path / "m", None, 3)
    (raw,) = annotations(classifier_of(folder).setActivation("none"), TEXTS[0])
    (soft,) = annotations(classifier_of(folder), TEXTS[0])
    values = np.array([float(raw.metadata[label]) for label in "xyz"])
    assert raw.result == soft.result
    assert np.allclose(probabilities(values, "softmax"), [float(soft.metadata[label]) for label in "xyz"], atol=1e-5)


def test_one_output_and_a_threshold(tmp_path):
    folder = model_folder(tmp_path / "m", None, 1)
    score = float(annotations(classifier_of(folder), TEXTS[0])[0].metadata["only"])
    assert 0 < score < 1
    assert [a.result for a in annotations(classifier_of(folder).setThreshold(score - 0.01), TEXTS[0])] == ["only"]
    assert annotations(classifier_of(folder).setThreshold(score + 0.01), TEXTS[0]) == []
    expected = ["only"] if score > 0.5 else []
    assert [a.result for a in annotations(classifier_of(folder).setMultilabel(True), TEXTS[0])] == expected
    with pytest.raises(ParamError, match="one output, for which that is always 1.*'sigmoid'.*'none'"):
        annotations(classifier_of(folder).setActivation("softmax"), TEXTS[0])


def test_an_unknown_problem_type_is_refused(tmp_path):
    with pytest.raises(
        ModelFormatError, match=r"config.json: problem_type is 'multi_label'; expected one of regression"
    ):
        read_model_folder(model_folder(tmp_path / "m", "multi_label", 3))


def test_a_published_activation_stands_before_the_configuration(tmp_path):
    folder = model_folder(tmp_path / "m", "multi_label_classification", 3)
    (folder / "sparkcls.json").write_text('{"params": {"activation": "softmax"}}')
    assert classifier_of(folder).getActivation() == "softmax"
    one = model_folder(tmp_path / "one", None, 1)
    (one / "sparkcls.json").write_text('{"params": {"activation": "softmax"}}')
    assert classifier_of(one).getActivation() == "sigmoid", "Spark NLP saves softmax as the default of every model"


@pytest.mark.parametrize("saved_default", ["softmax", None])
def test_a_stage_that_an_older_version_saved(spark, tmp_path, saved_default):
    """It holds softmax as a default, which nobody chose."""
    from sparkcls.annotator import DistilBertForSequenceClassification

    path = tmp_path / "stage"
    classifier_of(model_folder(tmp_path / "m", "regression", 3)).save(str(path))
    (part,) = (path / "metadata").glob("part-*")
    metadata = json.loads(part.read_text())
    metadata["defaultParamMap"]["activation"] = saved_default or metadata["defaultParamMap"]["activation"]
    part.write_text(json.dumps(metadata))
    (path / "metadata" / f".{part.name}.crc").unlink(missing_ok=True)
    shutil.rmtree(tmp_path / "m")
    stage = DistilBertForSequenceClassification.load(str(path))
    assert stage.getActivation() == stage.getOrDefault("activation") == "none"
    metadata["paramMap"]["activation"] = "softmax"
    part.write_text(json.dumps(metadata))
    assert DistilBertForSequenceClassification.load(str(path)).getActivation() == "softmax"


@pytest.mark.parametrize("exporter", [False, True])
def test_converted_folders_keep_it(tmp_path, cache, exporter):
    source = model_folder(tmp_path / "m", "multi_label_classification", 3)
    if exporter:
        source = exporters_folder(tmp_path / "exporter", source)
    convert_folder(source, tmp_path / "converted")
    assert read_model_folder(tmp_path / "converted").activation == "sigmoid"
    assert classifier_of(source).getActivation() == "sigmoid"


def test_labels_of_an_exporters_folder(tmp_path, cache):
    """`labels.txt` beside the default names of a config.json; a contradiction is said."""
    source = model_folder(tmp_path / "m", None, 3)
    folder = exporters_folder(tmp_path / "exporter", source)
    change_config(folder, id2label={"0": "LABEL_0", "1": "LABEL_1"})
    convert_folder(folder, tmp_path / "numbered")
    (folder / "assets" / "labels.txt").write_bytes("\ufeffp\r\nq\r\nr\r\n\r\n".encode())
    convert_folder(folder, tmp_path / "named")
    assert read_model_folder(tmp_path / "numbered").labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    assert read_model_folder(tmp_path / "named").labels == ("p", "q", "r")
    change_config(folder, id2label={"0": "x", "1": "y", "2": "z"})
    with pytest.raises(ModelFormatError, match="labels.txt says p, q, r, id2label in config.json says x, y, z"):
        convert_folder(folder, tmp_path / "contradicting")


def test_averages_of_raw_scores():
    outcomes = [scored(4, 0, -9), scored(-2, 1, -9)]
    sentences = [sentence(0, 3, 0), sentence(5, 9, 1)]
    (a,) = to_annotations(sentences, outcomes, ["low", "mid", "high"], Decision("none", coalesce=True))
    assert (a.result, a.metadata["low"], a.metadata["high"]) == ("low", "1.0", "-9.0")


def test_one_output_alone_is_given_whatever_its_probability():
    (a,) = to_annotations([sentence(0, 3, 0)], [scored(-5)], ["only"], Decision("sigmoid", None))
    assert a.result == "only"
    assert float(a.metadata["only"]) == pytest.approx(0.0066928, rel=1e-4)


def test_close_calls():
    logits = np.array([[0.1, 0.0, -9.0], [9.0, 0.0, -9.0]], np.float32)

    def close(logits, *decision):
        return CloseCalls(Decision(*decision))(logits, [[0], [1]], Margins(0.15, 0.15)).tolist()

    assert close(logits, "none") == [True, True], "a raw score is the answer itself"
    assert close(logits[:, :1], "sigmoid", None) == [False, False]
    assert close(logits, "sigmoid", None) == [True, False]


def test_raw_scores_are_never_rounded(tmp_path, monkeypatch):
    stage = classifier_of(model_folder(tmp_path / "m", "regression", 3)).setPrecision("mixed")
    asked = []

    def get_classifier(model, device, precision):
        asked.append(precision)
        raise RuntimeError("enough")

    monkeypatch.setattr("sparkcls.engine.cache.get_classifier", get_classifier)
    for activation, precision in [("none", "float32"), ("softmax", "mixed")]:
        with pytest.raises(RuntimeError, match="enough"):
            annotations(stage.copy().setActivation(activation), TEXTS[0])
        assert asked.pop() == precision


def answer_of(outcomes, labels, decision):
    answers = answers_of([verdicts(outcomes, decision)], [False], labels)
    (answer,) = as_structs(answers, labels).to_dict("records")
    return answer


def test_sql_names_the_likeliest_of_several_labels_of_the_first_sentence():
    decision = Decision("sigmoid", 0.5)
    answer = answer_of([scored(0.1, 2, -1), scored(5, 1, 6)], ["a", "b", "c"], decision)
    assert answer["label"] == "b"
    assert answer["score"] == answer["scores"]["b"] > 0.8
    assert answer["labels"] == ["a", "b", "a", "b", "c"]


def test_frames_and_sql_take_the_largest_of_negative_scores():
    labels, outcomes = ["low", "mid", "high"], [scored(-5, -3, -9)]
    found = to_annotations([sentence(0, 3, 0)], outcomes, labels, Decision("none"))
    answer = answer_of(outcomes, labels, Decision("none"))
    assert (answer["label"], answer["score"]) == ("mid", -3.0)
    layout = Layout("document", {"class": ("label", ["low", "mid", "high"])})
    failed = sentence(0, 3, 0).copy("")
    (row,) = layout.rows({"document": [sentence(0, 3, 0)], "class": [*found, failed]})
    assert (row["label"], row["label_confidence"]) == ("mid", -3.0)
