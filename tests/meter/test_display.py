import io
import sys
from types import ModuleType, SimpleNamespace

import pytest

from sparkcls.meter.display import Lines, Notebook, Nowhere, Terminal, display_for, say
from sparkcls.meter.words import State

SCORING = State("<b>", rows=5, total=10, rate=1.0, heard=True, scoring=True)


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_fits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    file = FakeTerminal()
    display = display_for(file)
    display.show(SCORING)
    display.end(State(seconds=1), failed=False)
    assert isinstance(display, Terminal)
    assert file.getvalue() == "\r\x1b[Ksparkcls: <b>: 5 of\r\x1b[Ksparkcls: no counts of rows arrived in 1.0 s\n"


def test_a_log_gets_lines():
    file = io.StringIO()
    display = display_for(file)
    display.show(SCORING)
    assert isinstance(display, Lines)
    assert file.getvalue() == "sparkcls: <b>: 5 of 10 rows (50 %), 1.0 rows/s, 5.0 s left\n"


def test_only_those_who_wait_are_told_what_for(monkeypatch):
    for file, told in ((FakeTerminal(), "sparkcls: starting Spark\n"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", file)
        say("starting Spark")
        assert file.getvalue() == told


def test_a_file_that_is_closed_or_missing_is_no_error(monkeypatch):
    file = io.StringIO()
    file.close()
    display_for(file).show(SCORING)
    monkeypatch.setattr(sys, "stderr", None)
    assert isinstance(display_for(None), Nowhere)


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython in a kernel: what it shows, in order."""
    shown = []

    def display(data, raw, display_id):
        shown.append(data)
        return SimpleNamespace(update=lambda data, raw: shown.append(data))

    module, inner = ModuleType("IPython"), ModuleType("IPython.display")
    module.get_ipython = lambda: SimpleNamespace(kernel=object())
    inner.display = display
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", inner)
    return shown


def test_a_notebook_has_an_output_that_changes(notebook):
    display = display_for(None)
    display.show(SCORING)
    assert isinstance(display, Notebook)
    assert notebook[-1] == {
        "text/plain": "sparkcls: <b>: 5 of 10 rows (50 %), 1.0 rows/s, 5.0 s left",
        "text/html": '<div><progress value="0.5000" max="1"></progress> '
        "sparkcls: &lt;b&gt;: 5 of 10 rows (50 %), 1.0 rows/s, 5.0 s left</div>",
    }
    display.end(SCORING, failed=False)
    assert "progress" not in notebook[-1]["text/html"]


def test_ipython_without_a_notebook_is_a_terminal(notebook):
    sys.modules["IPython"].get_ipython = lambda: SimpleNamespace()
    assert not isinstance(display_for(None), Notebook)
