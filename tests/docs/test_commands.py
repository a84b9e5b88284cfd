"""The commands in README and docs are taken as they stand, and those of `console` blocks do what is shown."""

import doctest
import shutil
import subprocess

import pytest

from sparkcls.cli import _parser, main
from tests.docs.commands import Block, blocks
from tests.docs.pages import PAGES, ROOT

WITH_COMMANDS = [page for page in PAGES if any(block.steps() for block in blocks(page))]
#: What a page before has shown is not run again.
DONE: set[tuple[str, ...]] = set()
RUN = [page for page in PAGES if any(block.run for block in blocks(page))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.stem)
def test_arguments_are_known(page):
    for block in blocks(page):
        for arguments, _ in block.steps():
            assert _parser(arguments).parse_args(arguments), arguments


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("page", [p for p in PAGES if any(b.kind == "bash" for b in blocks(p))], ids=lambda p: p.stem)
def test_shell_scripts_are_well_formed(page):
    for block in blocks(page):
        if block.kind == "bash":
            subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)


def test_steps():
    block = Block("console", True, '$ sparkcls a \\\n  --b "c d"  # e\nout\n...\n$ cat x\n$ A=1 sparkcls f | head\n')
    assert block.steps() == [(["a", "--b", "c d"], "out\n...\n"), (["f"], "")]
    assert Block("bash", False, "python -m sparkcls x\npip install y\n").steps() == [(["x"], "")]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_commands_do_what_is_shown(page, spark, is_connect, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "reviews.csv", tmp_path / "examples")
    for block in blocks(page):
        for arguments, output in block.steps() if block.run else []:
            if tuple(arguments) in DONE:
                continue
            DONE.add(tuple(arguments))
            if is_connect:
                # A server is somewhere else.
                arguments = [str(tmp_path / a) if a.startswith("examples/") else a for a in arguments]
            assert main(arguments) == 0, (arguments, capsys.readouterr().err)
            shown = capsys.readouterr().out
            assert not output or doctest.OutputChecker().check_output(output, shown, FLAGS), (output, shown)
