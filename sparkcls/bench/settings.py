"""What a user asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sparkcls.bench.models import BASE, SHIPPED_MODEL
from sparkcls.bench.shapes import FAMILIES, MEASURED, SHAPES, TOPICS
from sparkcls.bench.systems import DEFAULT, FULL, GEMM, System, find_system
from sparkcls.bench.texts import DISTRIBUTIONS
from sparkcls.errors import ParamError


@dataclass(frozen=True)
class Case:
    """Texts and a model; every system runs each case. With labels the model is a zero-shot classifier of so many."""

    texts: str
    model: str
    labels: int = 0

    @property
    def title(self) -> str:
        """For headings."""
        labels = f", {self.labels} labels" if self.labels else ""
        return f"{Path(self.texts).name}, model {Path(self.model).name}{labels}"


@dataclass(frozen=True)
class Settings:
    """What to measure and how.

    Parameters
    ----------
    texts
        One of `sparkcls.bench.texts.DISTRIBUTIONS`, or a file.
    models
        Names of shapes, `SHIPPED_MODEL`, or folders.
    labels
        Candidate labels: models are then zero-shot classifiers; 0 for those that always are.
    rows, slow_rows
        Rows for most systems and for the slow ones.
    full
        Whether all distributions and both models are measured.
    work
        Where Spark NLP's environment is made.
    """

    systems: tuple[System, ...]
    texts: str
    column: str | None
    models: tuple[str, ...]
    rows: int
    slow_rows: int
    repeats: int
    slots: int
    max_length: int
    out: Path
    work: Path
    labels: int = 0
    full: bool = False
    spark_nlp_python: Path | None = None
    spark_nlp_jars: Path | None = None

    def cases(self) -> list[Case]:
        """What to run, in order."""
        texts = [*DISTRIBUTIONS] if self.full and self.texts in DISTRIBUTIONS else [self.texts]
        models = (BASE, SHIPPED_MODEL) if self.full and self.models in ((BASE,), (SHIPPED_MODEL,)) else self.models
        return [Case(t, m, self.labels or (SHAPES[m].labels if m in SHAPES else 0)) for m in models for t in texts]

    def check(self) -> Settings:
        """Itself, if it makes sense.

        Raises
        ------
        ParamError
            A number is out of its range.
        """
        for name in ("rows", "slow_rows", "repeats", "slots"):
            if getattr(self, name) < 1:
                raise ParamError(f"--{name.replace('_', '-')} {getattr(self, name)}: expected at least 1")
        if not 0 <= self.labels <= len(TOPICS):
            raise ParamError(f"--labels {self.labels}: expected at most {len(TOPICS)}")
        if self.max_length < 3:
            raise ParamError(f"--max-length {self.max_length}: expected at least 3, two wordpieces are special")
        return replace(self, slow_rows=min(self.slow_rows, self.rows))


def parse_models(text: str) -> tuple[str, ...]:
    """Models of a list with commas; ``families`` stands for the shapes that people run most.

    Raises
    ------
    ParamError
        There is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ParamError("--model: expected at least one name or folder")
    return tuple(dict.fromkeys(m for name in names for m in (MEASURED if name == FAMILIES else (name,))))


def parse_systems(text: str | None, full: bool = False) -> tuple[System, ...]:
    """Systems of a list of names with commas; for None those of a short or a full run.

    Raises
    ------
    ParamError
        A name is unknown, or there is none.
    """
    names = (
        list(FULL if full else DEFAULT) if text is None else [name.strip() for name in text.split(",") if name.strip()]
    )
    if not names:
        raise ParamError("--systems: expected at least one name")
    systems = tuple(find_system(name) for name in dict.fromkeys(names))
    # The limit is cheap and part of every table.
    return systems if any(s.name == GEMM for s in systems) else (*systems, find_system(GEMM))
