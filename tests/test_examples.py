"""The quickstart, as a user runs it, on files of each kind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.families import save_tiny_family

QUICKSTART = Path(__file__).parent.parent / "examples" / "quickstart.py"
TEXTS = ["a wonderful film", 'dull, lifeless and\nfar too "long"', None]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(QUICKSTART), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet"])
def test_files(tmp_path, kind):
    path = tmp_path / f"texts.{kind}"
    frame = pd.DataFrame({"review body": TEXTS, "n": [1, 2, 3]})
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "json":
        path.write_text(json.dumps(frame.to_dict("records"), indent=2))
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    own = kind == "parquet"
    model = ["--model", save_tiny_family(tmp_path / "m", "roberta", ["good", "bad"])] if own else []
    done = run(path, "--text-col", "review body", *model)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "3 rows classified" in done.stdout
    assert ("1 nothing to classify" if own else "1 NEGATIVE, 1 POSITIVE, 1 nothing to classify") in done.stdout


def test_mistakes_are_one_sentence(tmp_path):
    done = run(tmp_path / "absent.csv", JAVA_HOME=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No Java found" in done.stderr
    assert "Traceback" not in done.stderr
