"""The site builds without a warning, and its pages load nothing from elsewhere."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS, ROOT, navigation

#: What a browser fetches by itself.
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|srcset|href)=\"?(https?:)?//[^\s\">]+", re.I)
FETCHED_BY_STYLES = re.compile(r"(?:url\(|@import )[\"']?(?:https?:)?//")


def test_build(tmp_path):
    pytest.importorskip("zensical", reason="the extra docs is not installed")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(DOCS, tmp_path / "docs")
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=tmp_path, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout + built.stderr
    site = tmp_path / "site"
    for page in navigation():
        html = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        found = [m[0] for m in LOADED.finditer(html) if 'rel="canonical"' not in m[0]]
        assert (page, found) == (page, [])
    assert not [f for f in site.rglob("*.css") if FETCHED_BY_STYLES.search(f.read_text(encoding="utf-8"))]
