"""What was looked at, and how it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

#: Threads that did not come back in time.
_left: list[threading.Thread] = []

OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Parameters
    ----------
    level
        `OK`; `NOTE`, if it may be meant; `PROBLEM`, if something will not work.
    topic
        A word or two.
    text
        What there is.
    advice
        What to do; empty if nothing.
    """

    level: str
    topic: str
    text: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.level:<8} {self.topic:<12} {self.text}" + (f". {self.advice}" if self.advice else "")


def within(seconds: float, function: Callable[[], T]) -> T:
    """What a function gives, if it comes in time. It may go on in a thread that ends with the process.

    Raises
    ------
    TimeoutError
        It did not.
    Exception
        Whatever the function raises.
    """
    found: list[Any] = []

    def call() -> None:
        try:
            found.append((function(), None))
        except BaseException as e:
            found.append((None, e))

    thread = threading.Thread(target=call, daemon=True, name="sparkcls doctor")
    thread.start()
    thread.join(seconds)
    if not found:
        _left.append(thread)
        raise TimeoutError(f"no answer in {seconds:g} seconds")
    value, error = found[0]
    if error is not None:
        raise error
    return value


def waited_for() -> set[threading.Thread]:
    """What did not come in time, and still goes on."""
    return {thread for thread in _left if thread.is_alive()}
