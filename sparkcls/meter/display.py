"""Where a line is shown that changes: on a terminal, in a notebook, or in a log."""

from __future__ import annotations

import html
import shutil
import sys
from contextlib import suppress
from typing import Any, Protocol, TextIO

from sparkcls.meter.words import State, end, now

_NAME = "sparkcls: "


class Display(Protocol):
    """Something that shows states, one after the other.

    Attributes
    ----------
    pause
        Seconds between two of them.
    """

    pause: float

    def show(self, state: State) -> None:
        """Show what is going on."""

    def end(self, state: State, failed: bool) -> None:
        """Show what has been done; called once, and last."""


class Nowhere:
    """For those who ask for the figures themselves."""

    pause = 1.0

    def show(self, state: State) -> None:
        """Nothing."""

    def end(self, state: State, failed: bool) -> None:
        """Nothing."""


class Lines:
    """A line every some seconds, for logs."""

    pause = 10.0

    def __init__(self, file: TextIO):
        self._file = file

    def show(self, state: State) -> None:
        _write(self._file, f"{_NAME}{now(state)}\n")

    def end(self, state: State, failed: bool) -> None:
        _write(self._file, f"{_NAME}{end(state, failed)}\n")


class Terminal:
    """One line that is written anew."""

    pause = 0.25

    def __init__(self, file: TextIO):
        self._file = file

    def show(self, state: State) -> None:
        # A line that is wrapped could not be written over.
        line = (_NAME + now(state))[: shutil.get_terminal_size().columns - 1]
        _write(self._file, f"\r\x1b[K{line}")

    def end(self, state: State, failed: bool) -> None:
        _write(self._file, f"\r\x1b[K{_NAME}{end(state, failed)}\n")


class Notebook:
    """An output of a notebook's cell, with a bar if the share is known."""

    pause = 0.5

    def __init__(self) -> None:
        from IPython.display import display

        self._handle: Any = display(_mime("", None), raw=True, display_id=True)

    def show(self, state: State) -> None:
        self._update(now(state), state.share)

    def end(self, state: State, failed: bool) -> None:
        self._update(end(state, failed), None)

    def _update(self, text: str, share: float | None) -> None:
        if self._handle is not None:
            self._handle.update(_mime(text, share), raw=True)


def say(text: str) -> None:
    """Tell someone who waits, at a terminal or in a notebook, what for."""
    if _in_notebook() or _is_terminal(sys.stderr):
        _write(sys.stderr, f"{_NAME}{text}\n")


def display_for(file: TextIO | None) -> Display:
    """The display that fits: a file's, else the notebook's that this runs in, else that of standard error."""
    if file is None and _in_notebook():
        return Notebook()
    file = sys.stderr if file is None else file
    if file is None:
        # A program without a console.
        return Nowhere()
    return Terminal(file) if _is_terminal(file) else Lines(file)


def _is_terminal(file: TextIO | None) -> bool:
    try:
        return file is not None and file.isatty()
    except (AttributeError, ValueError):
        return False


def _in_notebook() -> bool:
    """Whether there is a notebook's kernel; IPython is not imported for that."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None


def _mime(text: str, share: float | None) -> dict[str, str]:
    bar = "" if share is None else f'<progress value="{share:.4f}" max="1"></progress> '
    return {"text/plain": _NAME + text, "text/html": f"<div>{bar}{html.escape(_NAME + text)}</div>"}


def _write(file: TextIO, text: str) -> None:
    # A closed file, or nobody reads it: the job goes on.
    with suppress(OSError, ValueError):
        file.write(text)
        file.flush()
