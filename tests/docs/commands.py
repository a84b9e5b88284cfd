"""The commands in README and docs: blocks of `console`, with ``$`` before a command, and of `bash`."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^(?P<mark><!-- not run: [^\n]+ -->\n)?```(?P<kind>console|bash)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE
)
#: What ends the arguments of a command in a shell.
_ENDS = {"|", ">", "2>", ">>", "&&", ";", "&", "<"}


@dataclass(frozen=True)
class Block:
    """A block of commands: its kind, whether it is run, and its text."""

    kind: str
    run: bool
    code: str

    def steps(self) -> list[tuple[list[str], str]]:
        """Each command of sparkcls with its arguments, and the output that is shown below it, if any."""
        begin = r"^\$ " if self.kind == "console" else r"^(?=\S)"
        found = []
        for step in re.split(begin, self.code, flags=re.MULTILINE)[1:]:
            line, _, output = step.replace("\\\n", " ").partition("\n")
            arguments = _arguments(line)
            if arguments:
                found.append((arguments, output if self.kind == "console" else ""))
        return found


def _arguments(line: str) -> list[str]:
    """Arguments of `sparkcls` or of its module, none for any other command."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quote that goes over several lines: a script, no command of ours
        return []
    while words and re.fullmatch(r"\w+=.*", words[0]):
        words = words[1:]
    for start in (["sparkcls"], ["python", "-m", "sparkcls"]):
        if words[: len(start)] == start:
            words = words[len(start) :]
            break
    else:
        return []
    end = next((i for i, word in enumerate(words) if word in _ENDS), len(words))
    return words[:end]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page. Those of `bash` set something up, and are read but not run."""
    return [
        Block(m["kind"], m["kind"] == "console" and not m["mark"], m["code"])
        for m in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]
