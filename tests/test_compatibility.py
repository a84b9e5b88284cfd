"""docs/compatibility.md is what the records say, and what it counts exists."""

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.compatibility import CAPABILITIES, DOCS, WAYS, page, record, render

ROOT = Path(__file__).parent.parent


def functions(file):
    return {n.name for n in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_what_is_named_exists(capability):
    assert set(CAPABILITIES[capability]) == set(WAYS)
    for tests in CAPABILITIES[capability].values():
        for test in tests if isinstance(tests, list) else []:
            file, _, function = test.partition("::")
            assert not function or function in functions(file), test


def test_the_page_is_what_the_records_say():
    assert (DOCS / "compatibility.md").read_text(encoding="utf-8") == page()


def test_a_record_adds_up_and_shows(tmp_path):
    file = tmp_path / "records" / "spark-9.json"
    record(file, "classic", {"tests/test_sql.py::a": Counter(passed=2), "tests/other.py::b": Counter(failed=9)})
    record(file, "classic", {"tests/test_sql.py::c": Counter(passed=1, failed=1)})
    text = render({"spark-9": json.loads(file.read_text())})
    assert "| SQL function | 3 passed, **1 failed** | not run |" in text
    assert "| Metrics | not run |" in text
    assert "9 failed" not in text
