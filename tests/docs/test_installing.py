"""docs/installing.md states the lowest versions that pyproject.toml does."""

import re

from tests.docs.pages import DOCS, ROOT


def test_versions():
    page = (DOCS / "installing.md").read_text(encoding="utf-8").partition("## Versions that it takes")[2]
    stated = dict(re.findall(r"\| ([\w-]+) \| (\d[\w.]*) ", page.partition("What a resolver")[0]))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lowest = dict(re.findall(r'^(?:spark = \[|    )"([\w-]+)>=([\d.]+)', text, re.MULTILINE))
    lowest["Python"] = re.search(r'requires-python = ">=([\d.]+)"', text)[1]
    assert {"Python", "torch", "transformers", "pandas", "pyarrow", "numpy", "huggingface_hub"} <= {*stated}
    assert stated == {name: lowest[name] for name in stated}
