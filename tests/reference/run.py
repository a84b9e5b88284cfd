"""Run the cases through the real Spark NLP and write what it says to tests/golden.

Needs the environment of README.md, with the JARs in the folder $JARS:

    JARS=... python -m tests.reference.run [STAGE ...]
    JARS=... python -m tests.reference.run saved
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyspark
import sparknlp
import sparknlp.annotator
import sparknlp.base
from pyspark.ml import Pipeline
from pyspark.sql import DataFrame, SparkSession

from tests.data.sparknlp.make import zip_folder
from tests.reference.build import build_stage, frame_of, plain
from tests.reference.cases import SAVED, Group, groups

GOLDEN = Path(__file__).parent.parent / "golden"


class Namespace:
    """All classes of Spark NLP that stages are made of."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sparknlp.annotator, name, None) or getattr(sparknlp.base, name)


def start() -> SparkSession:
    """A session with Spark NLP's JARs."""
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "6g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.extraClassPath", os.environ["JARS"] + "/*")
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        # Every saved model has a file of the same name.
        .config("spark.files.overwrite", "true")
        .getOrCreate()
    )


def versions() -> dict[str, str]:
    """What made a file."""
    java = SparkSession.getActiveSession()._jvm.System.getProperty("java.version")
    return {
        "sparknlp": sparknlp.version(),
        "spark": pyspark.__version__,
        "java": java,
        "python": platform.python_version(),
    }


def run(spark: SparkSession, group: Group) -> dict[str, Any]:
    """A group's record: schema and rows, or the error and when it came."""
    record: dict[str, Any] = {
        "name": group.name,
        "stages": group.stages,
        "schema": group.schema,
        "columns": group.columns,
        "rows": group.rows,
    }
    moment = "set"
    if group.calls:
        return calls(spark, group)
    try:
        stages = [build_stage(Namespace(), kind, params) for kind, params in group.stages]
        frame = frame_of(spark, group.rows, group.schema)
        moment = "fit"
        model = Pipeline(stages=stages).fit(frame)
        moment = "transform"
        result = model.transform(frame)
        record["all_columns"] = result.columns
        fields = {f.name: f for f in result.schema.fields}
        if group.columns == ["*"]:
            group = replace(group, columns=result.columns)
            record["columns"] = result.columns
        record["fields"] = [json.loads(fields[c].json()) if c in fields else None for c in group.columns]
        moment = "collect"
        record["output"] = collect(result, group.columns)
    except Exception as e:
        if moment == "collect" and len(group.rows) > 1:
            record["output"] = [alone(spark, model, group, row) for row in group.rows]
        else:
            record["error"] = {"moment": moment, "kind": kind_of(e)}
        print(f"{group.stage}/{group.name}: {moment}: {kind_of(e)}: {str(e)[:300]}", file=sys.stderr)
    if group.light and "error" not in record:
        light = sparknlp.base.LightPipeline(model)
        record["light"] = [plain(light.fullAnnotate(row[0])[0]) if row[0] is not None else None for row in group.rows]
    return record


def calls(spark: SparkSession, group: Group) -> dict[str, Any]:
    """A record of what a LightPipeline answers to each call."""
    stages = [build_stage(Namespace(), kind, params) for kind, params in group.stages]
    model = Pipeline(stages=stages).fit(spark.createDataFrame([], "text string"))
    answers = []
    for method, arguments in group.calls:
        try:
            answers.append(plain(getattr(sparknlp.base.LightPipeline(model), method)(*arguments)))
        except Exception as e:
            answers.append({"error": kind_of(e)})
            print(f"{group.stage}/{group.name}: {method}{arguments}: {kind_of(e)}: {str(e)[:200]}", file=sys.stderr)
    return {"name": group.name, "stages": group.stages, "rows": group.calls, "output": answers}


def collect(result: DataFrame, columns: list[str]) -> list[Any]:
    """Output columns of every row; an exploded DataFrame has more rows than went in."""
    present = [c for c in columns if c in result.columns]
    return [plain(list(row)) for row in result.select(*present).collect()]


def alone(spark: SparkSession, model: Any, group: Group, row: tuple[Any, ...]) -> Any:
    """Output columns of one row, or its error."""
    try:
        return collect(model.transform(frame_of(spark, [row], group.schema)), group.columns)[0]
    except Exception as e:
        return {"error": kind_of(e)}


def kind_of(error: Exception) -> str:
    """The class of an error, the JVM's where it comes from there."""
    java = getattr(error, "java_exception", None)
    if java is not None:
        while java.getCause() is not None:
            java = java.getCause()
        return java.getClass().getName()
    text = getattr(error, "cause", None)
    return type(text if isinstance(text, Exception) else error).__name__


def write(stage: str, records: list[dict[str, Any]], made: dict[str, str]) -> None:
    """One line a row keeps a change of one vector to one line of the difference."""
    GOLDEN.mkdir(exist_ok=True)

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def block(name: str, values: list[Any]) -> str:
        return f"{line(name)}:[\n" + ",\n".join(map(line, values)) + "\n]"

    texts = []
    for record in records:
        lists = {k: record.pop(k) for k in ("rows", "output", "light") if k in record}
        head = ",\n".join(f"{line(k)}:{line(v)}" for k, v in record.items())
        texts.append("{\n" + ",\n".join([head, *(block(k, v) for k, v in lists.items())]) + "\n}")
    content = "{\n" + f'"made":{line(made)},\n"groups":[\n' + ",\n".join(texts) + "\n]\n}\n"
    assert json.loads(content)
    (GOLDEN / f"{stage}.json").write_text(content, encoding="ascii")


def save_pipelines(spark: SparkSession) -> None:
    """Save the fitted pipelines of the groups in `SAVED`, zipped."""
    for group in groups():
        if (group.stage, group.name) not in SAVED:
            continue
        model = Pipeline(stages=[build_stage(Namespace(), kind, params) for kind, params in group.stages]).fit(
            frame_of(spark, [], group.schema)
        )
        with tempfile.TemporaryDirectory() as folder:
            model.write().overwrite().save(folder)
            (GOLDEN / "pipelines").mkdir(exist_ok=True)
            zip_folder(Path(folder), GOLDEN / "pipelines" / f"{group.stage}-{group.name}.zip")


def main() -> None:
    """Write one file a stage; arguments limit it to some stages."""
    spark = start()
    spark.sparkContext.setLogLevel("OFF")
    if sys.argv[1:] == ["saved"]:
        save_pipelines(spark)
        return
    records = defaultdict(list)
    for group in groups():
        if len(sys.argv) == 1 or group.stage in sys.argv[1:]:
            records[group.stage].append(run(spark, group))
    for stage, found in records.items():
        write(stage, found, versions())
        print(stage, len(found), "groups")


if __name__ == "__main__":
    main()
