"""`sparkcls.progress`: a with block that counts what classifiers score meanwhile, and shows it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, TextIO

from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.meter.display import Display, Nowhere, display_for
from sparkcls.meter.listener import Listener, reachable_host
from sparkcls.meter.tasks import Tasks
from sparkcls.meter.words import State
from sparkcls.pipelines.walk import pipeline_stages
from sparkcls.spark.counts import CONF
from sparkcls.spark.task import local_slots
from sparkcls.stages.has_model import HasModel

logger = logging.getLogger(__name__)

#: Seconds over which the rate of late is taken, and between its samples.
_SPAN, _SAMPLE = 30.0, 0.25

#: Blocks that are open, the last opened last. A session has one conf, so the last one's counts.
_open: list[Progress] = []
_lock = threading.Lock()


class Progress:
    """See `sparkcls.progress`."""

    def __init__(
        self,
        model: Any = None,
        total: int | None = None,
        session: Any = None,
        show: bool = True,
        file: TextIO | None = None,
    ):
        if isinstance(model, int) or (total is not None and not isinstance(total, int)) or isinstance(total, bool):
            raise ParamTypeError(
                f"progress(model, total): total is the number of rows, an int, by its name; got {model!r} and {total!r}"
            )
        if total is not None and total < 0:
            raise ParamError(f"progress(total={total}): expected a number of rows, from 0")
        self.total = total
        self._title = _title(model)
        self._session, self._show, self._file = session, show, file
        self._began = self._ended = 0.0
        self._failed = False
        self._slots: int | None = None
        self._samples: deque[tuple[float, int]] = deque()
        self._listener: Listener | None = None
        self._tasks: Tasks | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def rows(self) -> int:
        """Rows that were scored so far."""
        return self._listener.rows if self._listener is not None else 0

    @property
    def seconds(self) -> float:
        """Seconds since the block began, or that it took."""
        return (self._ended or time.monotonic()) - self._began if self._began else 0.0

    @property
    def rows_per_second(self) -> float | None:
        """Rows a second of late, or in all once the block has ended; None before there are any."""
        if self._ended:
            return self.rows / self.seconds if self.rows else None
        samples = list(self._samples)
        if len(samples) < 2:
            return None
        (began, before), (ended, rows) = samples[0], samples[-1]
        return (rows - before) / (ended - began) if rows > before else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate of late; None where the total is not known, or no rate yet."""
        return self._state().seconds_left

    @property
    def tasks(self) -> tuple[int, int] | None:
        """Spark's tasks done and in all, of what runs; None where Spark does not tell."""
        return self._tasks.done if self._tasks is not None else None

    def __enter__(self) -> Progress:
        if self._began:
            raise ParamError("A progress block counts once; make another one with sparkcls.progress()")
        session = self._session or SparkSession.getActiveSession()
        if session is None:
            raise ParamError(
                "progress: no Spark session is active in this thread; start one before, or say which: "
                "progress(session=spark)"
            )
        self._session, self._slots = session, local_slots(session)
        self._began = time.monotonic()
        display = display_for(self._file) if self._show else Nowhere()
        self._ask_tasks()
        self._thread = threading.Thread(target=self._run, args=(display,), daemon=True, name="sparkcls progress")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_asking()
        self._ended = time.monotonic()
        self._failed = kind is not None
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _ask_tasks(self) -> None:
        """Let tasks tell of their rows. Where that cannot be, what remains is how many tasks are done."""
        try:
            self._tasks = Tasks(self._session)
            host = reachable_host(self._session)
            if host is not None:
                self._listener = Listener(host)
                with _lock:
                    self._session.conf.set(CONF, str(self._listener.address))
                    _open.append(self)
        except Exception as e:
            # Serverless clusters refuse confs that they do not know.
            logger.info("rows are not counted: %s", e)

    def _stop_asking(self) -> None:
        try:
            with _lock:
                if self in _open:
                    _open.remove(self)
                    left = [p for p in _open if p._session is self._session]
                    if left:
                        assert left[-1]._listener is not None
                        self._session.conf.set(CONF, str(left[-1]._listener.address))
                    else:
                        self._session.conf.unset(CONF)
        except Exception as e:
            # The session has been stopped: its confs have gone too.
            logger.debug("%s is not unset: %s", CONF, e)
        if self._listener is not None:
            self._listener.close()
        if self._tasks is not None:
            self._tasks.close()

    def _run(self, display: Display) -> None:
        shown = 0.0
        try:
            while not self._closing.wait(_SAMPLE):
                self._sample()
                if time.monotonic() >= shown + display.pause:
                    shown = time.monotonic()
                    display.show(self._state())
            display.end(self._state(), self._failed)
        except Exception as e:
            logger.warning("progress is shown no more: %s", e)

    def _sample(self) -> None:
        if self._listener is not None and self._listener.scoring:
            self._samples.append((time.monotonic(), self.rows))
            while self._samples[-1][0] - self._samples[0][0] > _SPAN:
                self._samples.popleft()

    def _state(self) -> State:
        listener = self._listener
        heard = listener is not None and listener.tasks > 0
        return State(
            title=self._title,
            seconds=self.seconds,
            rows=self.rows,
            total=self.total,
            rate=self.rows_per_second,
            tasks=None if heard else self.tasks,
            heard=heard,
            scoring=listener is not None and listener.scoring,
            in_one_task=listener is not None and listener.tasks == 1 and self._slots != 1,
        )


def _title(model: Any) -> str:
    """What is scored, in a word or two: a str, or the name of a classifier's model, or that of the object's class."""
    if model is None or isinstance(model, str):
        return " ".join((model or "").split())
    stages: list[Any] = pipeline_stages(model) if isinstance(model, PipelineModel) else [model]
    last = stages[-1] if stages else None
    if isinstance(last, HasModel):
        return last._ref().name if last.isDefined("model") else last.uid
    name = getattr(getattr(model, "model", None), "name", None)
    return name if isinstance(name, str) else type(model).__name__
