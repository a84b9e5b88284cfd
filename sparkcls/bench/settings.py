"""What a user asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sparkcls.bench.models import BASE, SHIPPED_MODEL
from sparkcls.bench.systems import DEFAULT, FULL, GEMM, System, find_system
from sparkcls.bench.texts import DISTRIBUTIONS
from sparkcls.errors import ParamError


@dataclass(frozen=True)
class Case:
    """Texts and a model; every system runs each case."""

    texts: str
    model: str

    @property
    def title(self) -> str:
        """For headings."""
        return f"{Path(self.texts).name}, model {Path(self.model).name}"


@dataclass(frozen=True)
class Settings:
    """What to measure and how.

    Parameters
    ----------
    texts
        One of `sparkcls.bench.texts.DISTRIBUTIONS`, or a file.
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
    model: str
    rows: int
    slow_rows: int
    repeats: int
    slots: int
    max_length: int
    out: Path
    work: Path
    full: bool = False
    spark_nlp_python: Path | None = None
    spark_nlp_jars: Path | None = None

    def cases(self) -> list[Case]:
        """What to run, in order."""
        if not self.full:
            return [Case(self.texts, self.model)]
        texts = [*DISTRIBUTIONS] if self.texts in DISTRIBUTIONS else [self.texts]
        models = [BASE, SHIPPED_MODEL] if self.model in (BASE, SHIPPED_MODEL) else [self.model]
        return [Case(t, m) for m in models for t in texts]

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
        if self.max_length < 3:
            raise ParamError(f"--max-length {self.max_length}: expected at least 3, two wordpieces are special")
        return replace(self, slow_rows=min(self.slow_rows, self.rows))


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
