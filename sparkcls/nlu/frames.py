"""What `predict` takes, as texts and kept columns; and what it gives, from annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ColumnError, ParamTypeError

TEXT = "text"
#: Levels, which are also the names of the columns of their texts.
LEVELS = ("document", "sentence", "token")

#: Annotations of one row of the input by output column.
Result = Mapping[str, Sequence[Annotation]]


def to_frame(data: Any) -> pd.DataFrame:
    """The data as a pandas DataFrame with a column ``text``; a DataFrame without one gives its first column.

    Raises
    ------
    ParamTypeError
        Data of another type.
    ColumnError
        A DataFrame without columns, or with two called ``text``.
    """
    if isinstance(data, str):
        data = [data]
    if isinstance(data, (list, tuple)) or (isinstance(data, np.ndarray) and data.ndim == 1):
        return pd.DataFrame({TEXT: pd.Series(list(data), dtype=object)})
    if isinstance(data, pd.Series):
        return pd.DataFrame({TEXT: data.astype(object)})
    if isinstance(data, pd.DataFrame):
        if data.shape[1] == 0:
            raise ColumnError("predict: the DataFrame has no columns; expected one called 'text'")
        if list(data.columns).count(TEXT) > 1:
            raise ColumnError("predict: the DataFrame has several columns 'text'; rename all but one")
        return data if TEXT in data.columns else data.rename(columns={data.columns[0]: TEXT})
    raise ParamTypeError(
        "predict takes a str, a list or tuple of str, a one-dimensional array, a pandas Series or DataFrame, or a "
        f"Spark DataFrame; got {type(data)}"
    )


def to_texts(values: Iterable[Any]) -> list[str | None]:
    """Texts, with None for every kind of missing value.

    Raises
    ------
    ParamTypeError
        A value is neither str nor missing: most likely it is another column than the one meant.
    """
    texts: list[str | None] = []
    for i, value in enumerate(values):
        if isinstance(value, str):
            texts.append(str(value))
        elif pd.api.types.is_scalar(value) and pd.isna(value):
            texts.append(None)
        else:
            raise ParamTypeError(
                f"predict takes texts as str; row {i} is {value!r} ({type(value).__name__}). Name the column of texts "
                "'text', or convert it with astype(str)"
            )
    return texts


@dataclass(frozen=True)
class Layout:
    """Which columns a result gets.

    Parameters
    ----------
    level
        One of `LEVELS`.
    classes
        By annotation column: the name of the label's column, and the labels.
    positions, metadata
        Whether columns with offsets, and with all metadata, are added.
    all_levels
        Whether the texts of other levels are added.
    """

    level: str
    classes: Mapping[str, tuple[str, Sequence[str]]]
    positions: bool = False
    metadata: bool = False
    all_levels: bool = False

    def names(self) -> list[str]:
        """The columns that every result has."""
        texts = [self.level]
        if self.all_levels:
            texts += [c for c in ("document", "token") if c != self.level]
        names = texts
        for name, labels in self.classes.values():
            names = [*names, name, f"{name}_confidence"]
            if self.metadata:
                names += [f"{name}_origin_sentence", *(f"{name}_{label}" for label in labels)]
        if self.positions:
            names = [*names, *(f"{c}_{end}" for c in self._placed() for end in ("begin", "end"))]
        return list(dict.fromkeys(names))

    def rows(self, result: Result) -> list[dict[str, Any]]:
        """The rows of one text; at least one, also where there is nothing to classify."""
        rows = []
        for unit in result[self.level] or [Annotation(DOCUMENT, 0, -1, "")]:
            row: dict[str, Any] = {self.level: unit.result or ""}
            if self.positions:
                row |= {f"{self.level}_begin": unit.begin, f"{self.level}_end": unit.end}
            if self.all_levels and self.level != "document":
                row["document"] = result["document"][0].result if result["document"] else ""
            if self.all_levels and self.level != "token":
                row["token"] = [t.result for t in result["token"] if unit.begin <= t.begin <= unit.end]
            for column, (name, labels) in self.classes.items():
                categories = result[column]
                if self.level == "sentence":
                    categories = [c for c in categories if (c.begin, c.end) == (unit.begin, unit.end)]
                row |= self._class_columns(categories, name, labels)
            rows.append(row)
        return rows

    def _class_columns(self, categories: Sequence[Annotation], name: str, labels: Sequence[str]) -> dict[str, Any]:
        if not categories:
            return {}
        # Only the labels' keys are scores. A sigmoid head may give several labels, which share their metadata.
        scores = {label: float(categories[0].metadata[label]) for label in labels if label in categories[0].metadata}
        best = max(categories, key=lambda c: scores.get(c.result or "", float("-inf")))
        row: dict[str, Any] = {}
        if self.metadata:
            others = {k: v for k, v in best.metadata.items() if k not in scores and k != "sentence"}
            row |= {f"{name}_{key}": value for key, value in (others | scores).items()}
            row[f"{name}_origin_sentence"] = "0" if "sentence" in scores else best.metadata.get("sentence", "0")
        # After the labels' columns: one called "confidence" must not change what these mean.
        row[name] = best.result or None  # a failed sentence has an empty result
        row[f"{name}_confidence"] = max(scores.values()) if scores else None
        if self.positions:
            row |= {f"{name}_begin": best.begin, f"{name}_end": best.end}
        return row

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> pd.Series:
        values = [row.get(name) for row in rows]
        if self.positions and name in {f"{c}_{end}" for c in self._placed() for end in ("begin", "end")}:
            return pd.Series(values, dtype="Int64")
        scores = {f"{c}_{key}" for c, labels in self.classes.values() for key in ("confidence", *labels)}
        return pd.Series(values, dtype=float if name in scores else object)

    def _placed(self) -> list[str]:
        return [self.level, *(name for name, _ in self.classes.values())]

    def frame(self, kept: pd.DataFrame, results: Sequence[Result]) -> pd.DataFrame:
        """The kept columns, repeated for every row of their text, beside the result's; sorted by name."""
        rows: list[dict[str, Any]] = []
        origins: list[int] = []
        for i, result in enumerate(results):
            found = self.rows(result)
            rows += found
            origins += [i] * len(found)
        # Keys such as `truncated` are there in some rows only.
        names = list(dict.fromkeys([*self.names(), *(key for row in rows for key in row)]))
        added = pd.DataFrame({name: self._column(name, rows) for name in names})
        repeated = kept.drop(columns=[c for c in names if c in kept.columns]).iloc[origins]
        joined = pd.concat([repeated.reset_index(drop=True), added], axis=1)
        joined.index = repeated.index
        return joined.iloc[:, sorted(range(joined.shape[1]), key=lambda i: str(joined.columns[i]))]
