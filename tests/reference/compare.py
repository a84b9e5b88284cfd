"""Run recorded cases through sparkcls, and say of every row whether it equals the original."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reference.build import build_stage, frame_of, plain
from tests.reference.differences import reason_for, same_scores

GOLDEN = Path(__file__).parent.parent / "golden"
IDENTICAL = "identical"

#: Errors that mean the same: the JVM's (or Python's) in the original, and the built-in class that ours extend.
KINDS = {
    "TypeError": TypeError,
    "ValueError": ValueError,
    "Exception": ValueError,
    "IllegalArgumentException": ValueError,
    "java.lang.IllegalArgumentException": ValueError,
    "java.util.regex.PatternSyntaxException": ValueError,
    "java.util.NoSuchElementException": ValueError,
    "java.lang.ClassCastException": TypeError,
    "java.io.FileNotFoundException": FileNotFoundError,
}


class Namespace:
    """All stages of sparkcls."""

    def __getattr__(self, name: str) -> Any:
        import sparkcls.annotator
        import sparkcls.base

        return getattr(sparkcls.annotator, name, None) or getattr(sparkcls.base, name)


SPARKCLS = Namespace()


@dataclass(frozen=True)
class Verdict:
    """What one row came to: ``identical``, a known reason to differ, or None for an unexplained difference."""

    row: Any
    theirs: Any
    ours: Any
    reason: str | None


def golden_files() -> list[Path]:
    return sorted(GOLDEN.glob("*.json"))


def golden_groups(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="ascii"))["groups"]


def judge(spark: Any, namespace: Any, stage: str, group: dict[str, Any]) -> Iterator[Verdict]:
    """Verdicts of a group: one a row (also where building fails for all), one a row of the light path."""
    rows, name = group["rows"], f"{stage}/{group['name']}"

    def verdict(row: Any, theirs: Any, mine: Any) -> Verdict:
        known = IDENTICAL if same(theirs, mine) else reason_for(name, row, theirs, mine)
        return Verdict(row, theirs, mine, known)

    if stage == "LightPipeline":
        model = model_of(spark, namespace, group, "text string")
        for (method, arguments), theirs in zip(rows, group["output"], strict=True):
            try:
                mine = plain(getattr(namespace.LightPipeline(model), method)(*arguments))
            except Exception as e:
                same_error = "error" in theirs and same_kind(theirs["error"], e)
                mine = theirs if same_error else {"error": type(e).__name__}
            yield verdict([method, arguments], theirs, mine)
        return
    ours = outcome(spark, namespace, group)
    if "error" in group or "error" in ours:
        theirs, mine = group.get("error"), ours.get("error")
        if theirs and mine and same_kind(theirs["kind"], mine["raised"]) and theirs["moment"] == mine["moment"]:
            mine = theirs
        elif mine:
            mine = {"moment": mine["moment"], "kind": type(mine["raised"]).__name__}
        for row in rows:
            yield verdict(row, theirs or "no error", mine or "no error")
        return
    fields = [strip(f) for f in group["fields"]], [strip(f) for f in ours["fields"]]
    if fields[0] != fields[1] or group["all_columns"] != ours["all_columns"]:
        yield verdict("schema", (group["all_columns"], fields[0]), (ours["all_columns"], fields[1]))
    if len(group["output"]) != len(rows):  # exploded
        for i in range(max(len(group["output"]), len(ours["output"]))):
            at = slice(i, i + 1)
            yield verdict(f"row {i}", group["output"][at], ours["output"][at])
    else:
        for row, theirs, mine in zip(rows, group["output"], ours["output"], strict=True):
            yield verdict(row, theirs, mine)
    if "light" in group:
        for row, theirs, mine in zip(rows, group["light"], ours["light"], strict=True):
            yield verdict(["light", *row], under_test(theirs, group), under_test(mine, group))


def under_test(output: dict[str, Any] | None, group: dict[str, Any]) -> Any:
    """The light path's keys in order, and its annotations in the columns that are under test."""
    return output and (list(output), [output.get(c) for c in group["columns"]])


def same(theirs: Any, mine: Any) -> bool:
    """Equality; scores may differ a little."""
    if isinstance(theirs, (list, tuple)) and isinstance(mine, (list, tuple)) and len(theirs) == len(mine):
        if theirs[:1] == mine[:1] == ["category"]:
            return theirs[1:4] == mine[1:4] and theirs[5] == mine[5] and same_scores(theirs[4], mine[4])
        return all(map(same, theirs, mine))
    if isinstance(theirs, dict) and isinstance(mine, dict) and theirs.keys() == mine.keys():
        return all(same(theirs[key], mine[key]) for key in theirs)
    return theirs == mine


def same_kind(theirs: str, ours: Exception) -> bool:
    return theirs in KINDS and isinstance(ours, KINDS[theirs])


def strip(field: Any) -> Any:
    """A field without metadata of our own: only ``annotatorType`` is Spark NLP's."""
    if field is None:
        return None
    kept = {k: v for k, v in field["metadata"].items() if k == "annotatorType"}
    return field | {"metadata": kept}


def model_of(spark: Any, namespace: Any, group: dict[str, Any], schema: str) -> Any:
    from pyspark.ml import Pipeline

    stages = [build_stage(namespace, kind, params) for kind, params in group["stages"]]
    for stage in stages:
        if hasattr(stage, "setTokenization"):
            stage.setTokenization("sparknlp")
    return Pipeline(stages=stages).fit(frame_of(spark, [], schema))


def outcome(spark: Any, namespace: Any, group: dict[str, Any]) -> dict[str, Any]:
    """What sparkcls makes of a group: fields, output and light output, or the error and its moment."""
    moment = "set"
    # Warnings are sparkcls's alone.
    warnings.simplefilter("ignore", UserWarning)
    try:
        model = model_of(spark, namespace, group, group["schema"])
        frame = frame_of(spark, group["rows"], group["schema"])
        moment = "transform"
        result = model.transform(frame)
        fields = {f.name: json.loads(f.json()) for f in result.schema.fields}
        columns = [c for c in group["columns"] if c in fields]
        moment = "collect"
        output = (
            [plain(list(row)) for row in result.select(*columns).collect()] if columns else [[]] * len(group["rows"])
        )
    except Exception as e:
        return {"error": {"moment": moment, "raised": e}}
    light: list[Any] = []
    if "light" in group:
        pipeline = namespace.LightPipeline(model)
        light = [plain(pipeline.fullAnnotate(r[0])[0]) if r[0] is not None else None for r in group["rows"]]
    return {
        "fields": [fields.get(c) for c in group["columns"]],
        "all_columns": result.columns,
        "output": output,
        "light": light,
    }
