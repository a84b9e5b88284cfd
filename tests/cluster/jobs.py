"""What tests submit to a cluster, scripts/classify.py, and how its answers are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.cluster.standalone import SCRIPTS, Cluster, Driver

#: How far probabilities may be apart that were computed in other batches.
NEAR = 5e-6

#: By id a row's label (None for none), probability (None for none), and error (None for none).
Answers = dict[int, tuple[str | None, float | None, str | None]]


def write_texts(folder: Path, texts: list[str | None]) -> Path:
    """Parquet with the columns id and text."""
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"id": range(len(texts)), "text": pa.array(texts, "string")}), folder / "texts.parquet")
    return folder


def submit(cluster: Cluster, folder: Path, jobs: list[dict[str, Any]], **how: Any) -> Driver:
    """Submit jobs, see scripts/classify.py; their outcome will be ``folder/outcome.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jobs.json").write_text(json.dumps(jobs))
    return cluster.submit(SCRIPTS / "classify.py", folder / "jobs.json", folder / "outcome.json", **how)


def outcome(folder: Path) -> dict[str, Any]:
    """What `submit` left there."""
    return dict(json.loads((folder / "outcome.json").read_text()))


def answers(output: Path) -> Answers:
    """Read a job's output. A row that is there twice fails, and so does output that was not committed."""
    assert (output / "_SUCCESS").exists()
    found: Answers = {}
    for row in pq.read_table(output, columns=["id", "class"]).to_pylist():
        assert row["id"] not in found, f"row {row['id']} twice"
        found[row["id"]] = answer(row["class"])
    return found


def answer(annotations: list[dict[str, Any]]) -> tuple[str | None, float | None, str | None]:
    """Label, probability and error of one row's annotations."""
    if not annotations:
        return None, None, None
    [one] = annotations
    metadata = dict(one["metadata"])
    label = one["result"] or None
    return label, float(metadata[label]) if label else None, metadata.get("error")


def assert_equal(found: Answers, expected: Answers) -> None:
    """The same rows and labels, and the same probabilities to `NEAR`."""
    assert found.keys() == expected.keys()
    wrong = {i for i, (label, _, error) in found.items() if (label, error) != (expected[i][0], expected[i][2])}
    assert not wrong, sorted((i, found[i], expected[i]) for i in wrong)[:5]
    far = max(abs((p or 0) - (expected[i][1] or 0)) for i, (_, p, _) in found.items())
    assert far <= NEAR
