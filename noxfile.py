"""Environments of their own: each Spark that sparkcls promises, and the oldest packages: `nox -s newest floor lowest`.

What the first two record goes into docs/compatibility.md by `python -m tests.compatibility`.
"""

import re
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
RECORDS = "docs/compatibility"
#: What tests need besides sparkcls, and cannot have beside the oldest packages; then what takes its place.
TOO_NEW = {
    "peft": None,  # needs huggingface_hub 0.25; with it goes tests/formats/test_lora.py
    "pyspark": None,  # is there already; Connect comes with 4.0
    "sentencepiece": "sentencepiece==0.2.0",  # newer ones need protobuf 5
}


@nox.session
def newest(session: nox.Session) -> None:
    """The newest pyspark 4, classic and Connect."""
    session.install("-e", ".[spark,test]")
    session.run("pytest", f"--record={RECORDS}/spark-4-newest.json", *session.posargs)
    session.run("pytest", "--connect", f"--record={RECORDS}/spark-4-newest.json", *session.posargs)


@nox.session(python=["3.10", "3.11"])
def floor(session: nox.Session) -> None:
    """The oldest, pyspark 3.5, which is classic only: `pyspark.ml` on Connect begins with 4.0."""
    session.install("-e", ".[test]", "pyspark==3.5.*")
    session.run("pytest", f"--record={RECORDS}/spark-3.5.json", *session.posargs)


@nox.session(python="3.10", venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The oldest of every package that pyproject.toml states, all at once, with pyspark 3.5.0.

    Tests marked `newest` are left out: most compare with what `transformers` 5 alone writes, reads or has, which
    sparkcls itself does not need; the others need a newer torch to rehearse a GPU on a CPU, or its rounding.
    """
    session.install("--resolution=lowest-direct", "-e", ".[spark]")
    kept = Path(session.create_tmp()) / "lowest.txt"
    kept.write_text(session.run("uv", "pip", "freeze", "--quiet", "--exclude-editable", silent=True), encoding="utf-8")
    needs = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]["test"]
    fitting = [TOO_NEW.get(re.match(r"[\w-]+", need)[0], need) for need in needs]
    session.install("--constraint", str(kept), *filter(None, fitting))
    session.run("pytest", "-m", "not newest", "--ignore=tests/formats/test_lora.py", *session.posargs)
