"""What was seen working, where: docs/compatibility.md, made from records of test runs.

    pytest --record=docs/compatibility/spark-4-newest.json              # classic Spark, and the clusters
    pytest --connect --record=docs/compatibility/spark-4-newest.json    # the same file; each run adds to it
    python -m tests.compatibility                                       # records -> docs/compatibility.md

A record keeps, of the tests that `CAPABILITIES` names, how many passed, failed and were skipped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
RECORDS = DOCS / "compatibility"

#: Ways to run, and which run of pytest a record has them from.
WAYS = {
    "local": ("classic", "classic Spark, `local[n]`"),
    "cluster": ("classic", "`spark-submit` to a standalone cluster"),
    "connect": ("connect", "Spark Connect, client without Java"),
}

C = "tests/cluster"
#: Capabilities, and by way the tests that show them; a file stands for all its tests. A text is why there are none.
CAPABILITIES: dict[str, dict[str, list[str] | str]] = {
    "The cards' pipelines, all Params": {
        "local": ["tests/stages/test_distilbert.py", "tests/test_store_end_to_end.py", "tests/compat/test_scripts.py"],
        "cluster": [f"{C}/test_standalone.py::test_installed_on_the_workers"],
        "connect": [
            "tests/stages/test_distilbert.py",
            "tests/test_store_end_to_end.py",
            "tests/compat/test_scripts.py",
        ],
    },
    "Bad rows, broken models": {
        "local": ["tests/rows/test_memory.py", "tests/test_fuzz.py"],
        "cluster": [f"{C}/test_faults.py::test_bad_rows_broken_models_and_slow_tasks"],
        "connect": ["tests/rows/test_memory.py", "tests/test_fuzz.py"],
    },
    "A model that only the driver has": {
        "local": ["tests/spark/test_shipping.py"],
        "cluster": [
            f"{C}/test_shipping.py::test_once_to_each_executor_and_to_those_that_come_later",
            f"{C}/test_shipping.py::test_from_a_client_of_connect_through_its_server_to_each_executor",
        ],
        "connect": ["tests/spark/test_shipping.py"],
    },
    "Saving and loading with weights, overwriting": {
        "local": ["tests/saving/test_stage_files.py"],
        "cluster": [f"{C}/test_capabilities.py::test_saving"],
        "connect": ["tests/saving/test_stage_files.py"],
    },
    "SQL function": {
        "local": ["tests/test_sql.py"],
        "cluster": [f"{C}/test_capabilities.py::test_sql"],
        "connect": ["tests/test_sql.py"],
    },
    "Metrics": {
        "local": ["tests/spark/test_observing.py"],
        "cluster": [f"{C}/test_capabilities.py::test_metrics"],
        "connect": ["tests/spark/test_observing.py"],
    },
    "Structured Streaming": {
        "local": [f"{C}/test_streaming.py::test_the_rate_source"],
        "cluster": [f"{C}/test_capabilities.py::test_streaming"],
        "connect": [f"{C}/test_streaming.py::test_the_rate_source_on_connect"],
    },
    "A stream restarted after kill -9, each row once": {
        "local": [f"{C}/test_streaming.py::test_each_row_once_though_the_driver_is_killed_twice"],
        "cluster": "not repeated: the driver that is killed is the same program, the executors' faults are the next row",
        "connect": [f"{C}/test_streaming.py::test_each_row_once_though_client_and_server_of_connect_are_killed"],
    },
    "Workers, daemons, executors and nodes killed in a job": {
        "local": "does not apply: a local master has no executors to lose",
        "cluster": [f"{C}/test_faults.py::test_five_kills_in_one_job"],
        "connect": "not repeated: executors are the cluster's, whoever the client is",
    },
    "An executor lost while the model is on its way": {
        "local": "does not apply: a local master has no executors to lose",
        "cluster": [f"{C}/test_shipping.py::test_an_executor_is_lost_while_the_model_is_on_its_way"],
        "connect": "not repeated: executors are the cluster's, whoever the client is",
    },
    "The package as `--py-files`": {
        "local": ["tests/models/test_bundled.py"],
        "cluster": [f"{C}/test_standalone.py::test_as_a_zip"],
        "connect": "does not apply: Connect has no spark-submit; `addArtifacts(pyfile=True)` was not tried",
    },
    "A packed environment as `--archives`": {
        "local": "does not apply: nothing is sent",
        "cluster": [f"{C}/test_standalone.py::test_in_a_packed_environment"],
        "connect": "does not apply: Connect has no spark-submit; `addArtifacts(pyfile=True)` was not tried",
    },
    "GPU addresses that Spark assigns (no GPU needed)": {
        "local": "does not apply: a local master assigns none",
        "cluster": ["tests/spark/test_gpu_scheduling.py"],
        "connect": "not repeated: executors are the cluster's, whoever the client is",
    },
    "MLflow": {
        "local": ["tests/test_mlflow.py"],
        "cluster": [f"{C}/test_capabilities.py::test_mlflow"],
        "connect": ["tests/test_mlflow.py"],
    },
}

#: What no test of ours can run, and what stands for it.
NOT_HERE = [
    ("YARN", "there is no YARN here", "a standalone cluster runs the same executors and Python workers"),
    ("Kubernetes", "there is no Kubernetes here", "the same; the image of docs/kubernetes.md was not built"),
    ("Databricks, dedicated, standard and serverless", "needs an account", "Spark Connect with a client without Java"),
    (
        "S3, GCS, ABFS, HDFS",
        "none is reachable",
        "saving through another Hadoop file system, `viewfs`; `file:` mirrors",
    ),
    ("NFS, volumes and other mounts", "none is mounted", "the table of mounts is a test's own; the copying is real"),
    (
        "Spark on GPUs",
        "no GPU beside Spark and Java",
        "the engine on an H100, by `tests/gpu`; Spark's assignment for real",
    ),
    ("macOS, Windows", "no such machine", "nothing"),
    ("Spark Connect with pyspark 3.5", "`pyspark.ml` on Connect begins with 4.0", "nothing"),
]


def wanted(test: str) -> bool:
    """Whether a test, ``file::function``, stands for a capability."""
    named = {n for ways in CAPABILITIES.values() for tests in ways.values() if isinstance(tests, list) for n in tests}
    return test in named or test.partition("::")[0] in named


def record(file: Path, mode: str, outcomes: Mapping[str, Counter[str]]) -> None:
    """Put the outcomes of one run of pytest into a record."""
    import platform

    import pyspark

    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    facts = {"spark": pyspark.__version__, "python": platform.python_version(), "date": date.today().isoformat()}
    tests = known.get(mode, {}).get("tests", {}) | {t: dict(c) for t, c in sorted(outcomes.items()) if wanted(t)}
    known[mode] = facts | {"tests": tests}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def cell(found: Mapping[str, Any], way: str, tests: list[str] | str, notes: list[str]) -> str:
    """What a record says of a capability on one way."""
    if isinstance(tests, str):
        if tests not in notes:
            notes.append(tests)
        return f"({notes.index(tests) + 1})"
    total: Counter[str] = Counter()
    for mode, run in found.items():
        for test, counts in run["tests"].items():
            # Tests of clusters start what they need, Connect servers too, in the run on classic Spark.
            if mode == (WAYS[way][0] if not test.startswith(C) else "classic") and (
                test in tests or test.partition("::")[0] in tests
            ):
                total.update(counts)
    if not total:
        return "not run"
    if not total["passed"] and not total["failed"]:
        return "skipped"
    parts = [f"{total['passed']} passed"] + [f"**{total[k]} {k}**" for k in ("failed", "skipped") if total[k]]
    return ", ".join(parts)


def render(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, from records by the name of their file."""
    lines = [
        "# What runs where",
        "",
        "Made by `python -m tests.compatibility` from records of test runs; every cell is a number of tests that ran on the",
        "real thing, or says why there is none. `.ci/run` tests the newest Spark at every change; `nox` runs each version in",
        "an environment of its own (`noxfile.py`).",
        "",
    ]
    notes: list[str] = []
    for name in sorted(records, reverse=True):
        found = records[name]
        facts = found.get("classic") or next(iter(found.values()))
        lines += [f"## Spark {facts['spark']}", "", f"Python {facts['python']}, {facts['date']}.", ""]
        ways = [w for w in WAYS if WAYS[w][0] in found]
        lines += ["| | " + " | ".join(WAYS[w][1] for w in ways) + " |", "|---|" + "---|" * len(ways)]
        for title, tests in CAPABILITIES.items():
            lines.append(f"| {title} | " + " | ".join(cell(found, w, tests[w], notes) for w in ways) + " |")
        lines.append("")
    lines += ["Cells without tests:", ""] + [f"{i}. {note}" for i, note in enumerate(notes, 1)]
    lines += ["", "## Not testable here", "", "| what | why | what was tested in its place |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in NOT_HERE]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page of the records that are there."""
    return render({file.stem: json.loads(file.read_text()) for file in RECORDS.glob("*.json")})


if __name__ == "__main__":
    (DOCS / "compatibility.md").write_text(page(), encoding="utf-8")
