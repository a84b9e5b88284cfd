"""``python -m sparkcls.compat SCRIPT ARGUMENT...``: run a script of Spark NLP unedited."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import sparkcls.compat  # noqa: F401 (puts the names in place)

USAGE = "usage: python -m sparkcls.compat SCRIPT [ARGUMENT ...]"


def main(arguments: Sequence[str]) -> int:
    """Run the script as Python would; the exit code is 2 if there is none.

    Parameters
    ----------
    arguments
        The script's path, and its own arguments.
    """
    if not arguments or not Path(arguments[0]).exists():
        print(f"no such file: {arguments[0]}" if arguments else USAGE, file=sys.stderr)
        return 2
    sys.argv = list(arguments)
    sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
    runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
