"""Gold labels and the labels of answers: which are the same."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.report.hostile import shortened

#: Labels that an error lists, and characters of each.
_LISTED, _SHOWN = 12, 60


def as_label(value: Any) -> str | None:
    """A gold value as a label: 1 and 1.0 are ``1``, True is ``true``; None for what is missing or blank."""
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    text = str(value).strip()
    return text or None


def encoded(column: pa.Array) -> tuple[list[str | None], np.ndarray]:
    """The different labels of a column, and for each row the place of its own, -1 where it has none."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return [], np.full(len(column), -1)
    found = column.dictionary_encode()
    names = [as_label(value) for value in found.dictionary.to_pylist()]
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    blank = [i for i, name in enumerate(names) if name is None]
    codes[np.isin(codes, blank)] = -1
    return names, codes


def checked_map(label_map: Any) -> dict[str, str | None]:
    """A label map with both sides as labels.

    Raises
    ------
    ParamTypeError
        It is no dict from a label to a label or None.
    """
    if label_map is None:
        return {}
    if not isinstance(label_map, Mapping):
        raise ParamTypeError(f"label_map takes a dict from gold labels to the model's labels, got {label_map!r}")
    found = {}
    for key, value in label_map.items():
        name = as_label(key)
        if name is None or not (value is None or as_label(value)):
            raise ParamTypeError(f"label_map takes a dict from labels to labels (or None), got {key!r}: {value!r}")
        found[name] = as_label(value)
    return found


def folded(label: str) -> str:
    """What two labels that differ in case alone have in common."""
    return label.casefold()


def resolve(label: str, known: Collection[str]) -> str | None:
    """The known label that a gold label is: itself, else the only one that differs in case alone, else None."""
    if label in known:
        return label
    alike = [name for name in known if folded(name) == folded(label)]
    return alike[0] if len(alike) == 1 else None


def matched(
    golds: Mapping[str, int], known: Sequence[str], label_map: Mapping[str, str | None], column: str, complete: bool
) -> dict[str, str]:
    """Which known label each gold label is; what is none of them stays a class of its own.

    Parameters
    ----------
    golds
        Rows by gold label, after the map.
    known
        Labels of answers.
    complete
        Whether these are all that can be, and not only those that were given to a row.

    Raises
    ------
    ParamError
        The map leads to labels that are not there.
    ColumnError
        Gold labels are none of the model's, and the map does not say that this is so.
    """
    if not known:
        raise ColumnError("No row that has a gold label has an answer")
    own = {key for key, value in label_map.items() if key == value}
    wrong = {k: v for k, v in label_map.items() if v is not None and k != v and resolve(v, known) is None}
    if wrong and complete:
        raise ParamError(
            f"label_map leads to {_list(sorted({str(v) for v in wrong.values()}))}, but the labels of the answers are "
            f"{_list(known)}"
        )
    found = {gold: resolve(gold, known) for gold in golds}
    lost = [gold for gold, label in found.items() if label is None and gold not in own]
    idle = [label for label in known if label not in found.values()]
    if lost and (complete or idle or len(lost) == len(found)):
        raise ColumnError(_mismatch(golds, known, lost, column))
    return {gold: label or gold for gold, label in found.items()}


def _mismatch(golds: Mapping[str, int], known: Sequence[str], lost: Sequence[str], column: str) -> str:
    counts = ", ".join(f"{shortened(gold, _SHOWN)!r} ({golds[gold]:,})" for gold in list(golds)[:_LISTED])
    more = f" and {len(golds) - _LISTED:,} more" if len(golds) > _LISTED else ""
    guess, by_order = guessed_map(lost, known)
    advice = "Say which is which with label_map={gold: label}, or --map gold=label on the command line"
    if guess:
        flags = " ".join(f"--map {_word(k)}={_word(v)}" for k, v in guess.items())
        advice = f"Perhaps label_map={guess!r}, or on the command line {flags}"
        if by_order:
            advice += "; this takes numbers for the order of the model's labels: look into the data whether they are"
    return (
        f"The gold labels do not match the labels of the answers. Column {column!r} has {counts}{more} (with their "
        f"rows); the answers have {_list(known)}. Without a counterpart: {_list(lost)}. {advice}. A label mapped to "
        "None is left out, one mapped to itself is a class that is never right"
    )


def guessed_map(lost: Sequence[str], known: Sequence[str]) -> tuple[dict[str, str], bool]:
    """A map for labels without a counterpart, as far as one can be guessed; and whether it goes by numbers."""
    numbers = [_number(label) for label in lost]
    if lost and all(n is not None and n < len(known) for n in numbers) and len({*numbers}) == len(numbers):
        return {gold: known[n] for gold, n in zip(lost, numbers, strict=True) if n is not None}, True
    guess = {}
    by_fold = {folded(label): label for label in known}
    for gold in lost:
        key = folded(gold)
        near = [label for fold, label in by_fold.items() if fold.startswith(key) or key.startswith(fold)]
        if len(near) != 1:
            near = [by_fold[fold] for fold in difflib.get_close_matches(key, list(by_fold), n=1, cutoff=0.6)]
        if len(near) == 1:
            guess[gold] = near[0]
    return guess, False


def _number(label: str) -> int | None:
    digits = folded(label).removeprefix("label_")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None


def _list(labels: Collection[str]) -> str:
    shown = ", ".join(repr(shortened(label, _SHOWN)) for label in list(labels)[:_LISTED])
    return shown + (f" and {len(labels) - _LISTED:,} more" if len(labels) > _LISTED else "") if labels else "none"


def _word(label: str) -> str:
    return f"'{label}'" if " " in label else label
