"""Everything recorded from the running Spark NLP, against sparkcls: identical, or different for a stated reason."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.reference.compare import SPARKCLS, golden_files, golden_groups, judge
from tests.reference.differences import DIFFERENCES
from tests.reference.report import FIDELITY, document

CASES = [(path.stem, group) for path in golden_files() for group in golden_groups(path)]


@pytest.fixture(scope="module")
def tally():
    """Verdicts so far: how often each reason was given, by stage and group."""
    return {}


def judged(spark, tally, stage, group):
    key = stage, group["name"]
    if key not in tally:
        verdicts = list(judge(spark, SPARKCLS, stage, group))
        assert verdicts
        unexplained = [v for v in verdicts if v.reason is None]
        assert not unexplained, unexplained[:3]
        tally[key] = Counter(v.reason for v in verdicts)
    return tally[key]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("stage", "group"), CASES, ids=[f"{stage}-{group['name']}" for stage, group in CASES])
def test_equals_the_original(spark, tally, stage, group):
    judged(spark, tally, stage, group)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_table_in_the_docs_is_current_and_no_reason_is_idle(spark, tally):
    found = {}
    for stage, group in CASES:
        found.setdefault(stage, Counter()).update(judged(spark, tally, stage, group))
    assert FIDELITY.read_text(encoding="utf-8") == document(found), "run: python -m tests.reference.report"
    given = {reason for counts in found.values() for reason in counts}
    assert {d.reason for d in DIFFERENCES} <= given
