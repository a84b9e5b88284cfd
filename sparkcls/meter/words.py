"""A state of affairs as one line."""

from __future__ import annotations

from dataclasses import dataclass

from sparkcls.report.numbers import duration, plural

#: Seconds after which it matters that one task has done it all.
_LONG = 20.0


@dataclass(frozen=True)
class State:
    """What is known at a moment.

    Parameters
    ----------
    title
        What is scored, or empty.
    seconds
        Since the beginning.
    rows, total
        Rows done, and rows in all where that is known.
    rate
        Rows a second of late; None before there are any.
    tasks
        Tasks done and in all, where nothing is known of rows.
    heard, scoring
        Whether any task has told of itself; whether any has its model.
    in_one_task
        Whether a single task has scored all, where more could run.
    """

    title: str = ""
    seconds: float = 0.0
    rows: int = 0
    total: int | None = None
    rate: float | None = None
    tasks: tuple[int, int] | None = None
    heard: bool = False
    scoring: bool = False
    in_one_task: bool = False

    @property
    def share(self) -> float | None:
        """Share of the rows, or of the tasks, that is done; None where that is not known."""
        if self.scoring and self.total:
            return min(self.rows / self.total, 1.0)
        if not self.heard and self.tasks and self.tasks[1]:
            return min(self.tasks[0] / self.tasks[1], 1.0)
        return None

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate of late; None where that is not known."""
        if self.total is None or not self.rate or not self.scoring:
            return None
        return max(self.total - self.rows, 0) / self.rate


def now(state: State) -> str:
    """What is going on."""
    if state.scoring:
        parts = [_rows(state)]
        if state.rate:
            parts.append(f"{_number(state.rate)} rows/s")
        if state.seconds_left is not None:
            parts.append(f"{duration(state.seconds_left)} left")
    elif state.heard:
        parts = ["loading the model", duration(state.seconds)]
    elif state.tasks and not state.tasks[0]:
        parts = [f"waiting for the workers of {state.tasks[1]:,} tasks", duration(state.seconds)]
    elif state.tasks:
        parts = [f"{state.tasks[0]:,} of {state.tasks[1]:,} tasks done", duration(state.seconds)]
    else:
        parts = ["waiting for Spark", duration(state.seconds)]
    return _titled(state, ", ".join(parts))


def end(state: State, failed: bool) -> str:
    """What has been done."""
    took = duration(state.seconds)
    if not state.heard:
        done = f"no counts of rows arrived in {took}"
        if state.tasks:
            done = f"{state.tasks[0]:,} of {state.tasks[1]:,} tasks in {took}"
    else:
        done = f"{_rows(state)} in {took}"
        if state.rows and state.seconds:
            done += f", {_number(state.rows / state.seconds)} rows/s"
        if state.in_one_task and state.seconds > _LONG:
            done += "; all in one task: df.repartition(n) before scoring would spread them over n"
    return _titled(state, f"stopped: {done}" if failed else done)


def _rows(state: State) -> str:
    if state.total is None:
        return plural(state.rows, "row")
    # Rounded down: 100 % are all rows.
    percent = f" ({int(100 * state.share)} %)" if state.share is not None else ""
    return f"{state.rows:,} of {state.total:,} rows{percent}"


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _titled(state: State, text: str) -> str:
    return f"{state.title}: {text}" if state.title else text
