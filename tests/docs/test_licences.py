"""docs/licences.md lists every package that users get, with all the licences that its metadata name."""

import re

import pytest

from tests.docs import licences
from tests.docs.pages import DOCS

ROWS = dict(
    re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", (DOCS / "licences.md").read_text(encoding="utf-8"), re.MULTILINE)
)


def test_every_package_is_listed():
    assert {*ROWS} == {*licences.needs()}, "run python -m tests.docs"
    assert {"torch", "pyspark", "openvino", "mlflow-skinny", "onnx"} <= {*ROWS}


@pytest.mark.newest
@pytest.mark.parametrize("package", ROWS)
def test_no_licence_is_missing(package):
    said = licences.licence(package)
    assert said is None or {*said.split(" AND ")} <= {*ROWS[package].split(" AND ")}
