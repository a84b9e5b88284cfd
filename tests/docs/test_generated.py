"""What is written from the code is up to date, and docstrings become readable Markdown."""

import pytest

from sparkcls.annotator import Tokenizer
from tests.docs.docstrings import inline, markdown, summary
from tests.docs.generated import generated
from tests.docs.pages import DOCS


def test_pages_are_up_to_date():
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    for path, text in generated():
        page = DOCS / path
        assert page.exists(), f"run python -m tests.docs: {path}"
        assert page.read_text(encoding="utf-8") == text, f"run python -m tests.docs: {path}"


def test_markdown_of_a_docstring():
    doc = """First
    line.

    Parameters
    ----------
    a, b
        What ``they`` are; x < y.
    None leaves a thing as it is.

    Returns
    -------
    A number.

    ===  ===
    one  two
         three
    ===  ===

    Examples
    --------
    >>> f(1)
    2
    """
    assert markdown(doc) == (
        "First line.\n\n**Parameters**\n\n- `a`, `b`: What `they` are; x \\< y.\n\nNone leaves a thing as it is.\n\n"
        "**Returns**\n\nA number.\n\n| | |\n|---|---|\n| one | two three |\n\n"
        "**Examples**\n\n```python\n>>> f(1)\n2\n```"
    )
    assert summary(doc) == "First line."
    assert inline("``a|b`` | c") == "`a|b` \\| c"


def test_every_param_with_a_setter_is_there():
    page = (DOCS / "params.md").read_text(encoding="utf-8")
    for name in (
        "candidateLabels",
        "pairCol",
        "maxSentenceLength",
        "slangDictionary",
        "explodeSentences",
        "cleanupMode",
    ):
        assert f"| `{name}`<br>`set" in page
    assert "`exceptionsOfFile`" not in page
    assert Tokenizer().hasParam("exceptionsOfFile")
