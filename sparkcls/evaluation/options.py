"""What `sparkcls.evaluate` was asked for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.evaluation.labels import checked_map

WRONG, SKIP = "wrong", "skip"
SINGLE, MULTI, REGRESSION = "single", "multi", "regression"


@dataclass(frozen=True)
class Options:
    """See `sparkcls.evaluate`; `resamples` is its `bootstrap`."""

    label_col: str
    text_col: str | None
    label_map: Mapping[str, str | None]
    delimiter: str | None
    task: str | None
    unanswered: str
    bins: int
    mistakes: int
    resamples: int
    seed: int


def checked_options(
    label_col: Any,
    text_col: Any,
    label_map: Any,
    delimiter: Any,
    task: Any,
    unanswered: Any,
    bins: Any,
    mistakes: Any,
    bootstrap: Any,
    seed: Any,
) -> Options:
    """The options.

    Raises
    ------
    ParamError, ParamTypeError
        One has a wrong value or type.
    """
    for name, value, optional in (
        ("label_col", label_col, False),
        ("text_col", text_col, True),
        ("delimiter", delimiter, True),
    ):
        if not (isinstance(value, str) and value) and not (optional and value is None):
            raise ParamTypeError(f"evaluate({name}=) takes a str that is not empty, got {value!r}")
    for name, value, allowed in (
        ("task", task, (None, SINGLE, MULTI, REGRESSION)),
        ("unanswered", unanswered, (WRONG, SKIP)),
    ):
        if value not in allowed:
            raise ParamError(f"evaluate({name}=) takes {', '.join(map(repr, allowed))}; got {value!r}")
    for name, value, least, most in (
        ("bins", bins, 1, 1000),
        ("mistakes", mistakes, 0, 10_000),
        ("bootstrap", bootstrap, 0, 1_000_000),
        ("seed", seed, 0, 2**63),
    ):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParamTypeError(f"evaluate({name}=) takes an int, got {value!r}")
        if not least <= value <= most:
            raise ParamError(f"evaluate({name}=) must be from {least} to {most}, got {value}")
    if delimiter is not None and task not in (None, MULTI):
        raise ParamError(f"evaluate: delimiter cuts several labels a row, which task={task!r} has not")
    return Options(
        label_col,
        text_col,
        checked_map(label_map),
        delimiter,
        task,
        unanswered,
        bins,
        mistakes,
        bootstrap,
        seed,
    )
