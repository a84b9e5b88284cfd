"""Each Spark that sparkcls promises, in an environment of its own: `nox -s newest floor`.

What they record goes into docs/compatibility.md by `python -m tests.compatibility`.
"""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
RECORDS = "docs/compatibility"


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
