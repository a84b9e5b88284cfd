"""Runs scripts of Spark NLP through `sparkcls.compat`, one after the other, in one process with one Spark session.

    python -m tests.compat.run_scripts WORK SCRIPT...

Each runs in a new folder of its own below WORK, and leaves a JSON line in WORK/results.jsonl.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def start_session() -> None:
    """The session that every script's own `start` then gets."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    confs = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.driver.memory": "2g",
        "spark.python.daemon.module": "sparkcls.daemon",
    }
    for name, value in confs.items():
        builder = builder.config(name, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")


def run_script(script: Path, folder: Path, export: Path) -> dict[str, Any]:
    """What came of a script: its output, and its traceback where it failed."""
    shutil.copytree(export, folder / "onnx_models" / "my_distilbert")
    output = io.StringIO()
    failure = None
    os.chdir(folder)
    start = time.monotonic()
    try:
        with contextlib.redirect_stdout(output):
            runpy.run_path(str(script), run_name="__main__")
    except BaseException:
        failure = traceback.format_exc()
    seconds = round(time.monotonic() - start, 2)
    return {"script": script.stem, "seconds": seconds, "output": output.getvalue(), "failure": failure}


def main(work: Path, scripts: list[Path]) -> None:
    import sparkcls.compat

    assert sparkcls.compat
    start_session()
    with open(work / "results.jsonl", "w", encoding="utf-8") as results:
        for script in scripts:
            print(json.dumps(run_script(script, work / script.stem, work / "export")), file=results, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), [Path(script).absolute() for script in sys.argv[2:]])
