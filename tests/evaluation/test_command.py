"""`sparkcls evaluate`."""

import json

import pandas as pd
import pytest

from sparkcls.cli import main
from tests.models import save_tiny_model


@pytest.fixture
def running(spark, is_connect, monkeypatch):
    """The tests' session is the one that commands find, and it stays."""
    if is_connect:
        pytest.skip("commands find the active session of this thread, and Connect's is another's")
    return spark


def test_answers_of_a_file(running, tmp_path, capsys):
    file = tmp_path / "answers.csv"
    pd.DataFrame(
        {
            "text": ['a "good", film', "bad\nplot", "so so", "none"],
            "stars": ["pos", "neg", "pos", "?"],
            "label": ["POSITIVE", "NEGATIVE", "NEGATIVE", None],
            "confidence": ["0.9", "0.8", "0.75", None],
            "scores": [json.dumps({"NEGATIVE": n, "POSITIVE": p}) for n, p in ((0.1, 0.9), (0.8, 0.2), (0.75, 0.25))]
            + [None],
        }
    ).to_csv(file, index=False)
    assert main(["evaluate", str(file), "--label-col", "stars"]) == 2
    error = capsys.readouterr().err
    assert "'?' (1), 'neg' (1), 'pos' (2)" in error
    assert "--map neg=NEGATIVE --map pos=POSITIVE" in error
    maps = ["--map", "neg=NEGATIVE", "--map", "pos=POSITIVE", "--map", "?="]
    assert main(["evaluate", str(file), "--label-col", "stars", *maps, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["left_out"], found["answered"]) == (4, 1, 3)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["mistakes"] == [
        {"text": "so so", "gold": "POSITIVE", "predicted": "NEGATIVE", "confidence": 0.75, "rows": 1}
    ]
    assert found["log_loss"] is not None
    with open(file, "a") as damaged:
        damaged.write('more,?,"two\n')
    assert main(["evaluate", str(file), "--label-col", "stars", *maps, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["accuracy"] == found["accuracy"]
    assert "1 row could not be read whole, as in:\n  more,?" in said.err
    assert "answers.csv has an odd number of quotes" in said.err
    report = ["--report", str(tmp_path / "report.html")]
    assert main(["evaluate", str(file), "--label-col", "stars", *maps, "--prediction-col", "label", *report]) == 0
    assert "so so" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "the most confident mistakes:" in capsys.readouterr().out

    model = save_tiny_model(tmp_path / "m", ["POSITIVE", "NEGATIVE"])
    arguments = ["--label-col", "stars", *maps, "--model", str(model), "--set", "maxSentenceLength=16", "--limit", "3"]
    assert main(["evaluate", str(file), *arguments]) == 0
    said = capsys.readouterr()
    assert "sparkcls: loading the model" in said.err
    assert said.out.split()[:4] == ["precision", "recall", "f1-score", "support"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.csv", "--label-col", "y", "--prediction", "label", "--model", "m"], "leave one out"),
        (["x.csv", "--label-col", "y", "--map", "neg"], "--map neg: expected GOLD=LABEL"),
        (["x.csv", "--label-col", "y", "--limit", "0"], "--limit 0: expected a number of rows"),
        (["x.csv", "--label-col", "y", "--report", "/no/such/folder/r.html"], "in a folder that is there"),
        (["x.csv"], "--label-col"),
        (["--label-col", "y"], "Name what to read"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    assert main(["evaluate", *arguments]) == 2
    assert message in capsys.readouterr().err
