"""Tasks done, for where counts of rows do not arrive."""

from __future__ import annotations

from typing import Any

import sparkcls._classic as _classic
from sparkcls.spark.confs import is_connect


class Tasks:
    """Tasks done and in all, of the session's jobs; what the session does not tell is None.

    On Spark Connect they are those of this client's queries; on classic Spark those of the stages that run now, whoever
    has started them.
    """

    def __init__(self, session: Any):
        self._session = session
        self._told: dict[str, dict[Any, tuple[int, int]]] = {}
        self._registers = is_connect(session) and not _classic.IS_3
        if self._registers:
            session.registerProgressHandler(self._hear)

    def close(self) -> None:
        """Ask no more."""
        if self._registers:
            self._session.removeProgressHandler(self._hear)

    @property
    def done(self) -> tuple[int, int] | None:
        """Tasks done and in all; None if there are none, or the session does not tell."""
        if not self._registers:
            return _classic.tasks(self._session)
        stages = [stage for stages in self._told.copy().values() for stage in stages.values()]
        return (sum(done for done, _ in stages), sum(of for _, of in stages)) if stages else None

    def _hear(self, *, stages: Any = None, operation_id: Any = None, **_: Any) -> None:
        """What pyspark calls with the state of a query."""
        told = {s.stage_id: (int(s.num_completed_tasks), int(s.num_tasks)) for s in stages or ()}
        if told:
            self._told.setdefault(str(operation_id), {}).update(told)
