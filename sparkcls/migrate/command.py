"""The command: files in, a diff and a report out."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from sparkcls.migrate.documents import Document, UnreadableError, lines_of, read_document
from sparkcls.migrate.examine import examine
from sparkcls.migrate.findings import NOTE, UNREADABLE, UNSUPPORTED, Finding
from sparkcls.migrate.names import exports

SUFFIXES = (".py", ".ipynb")
_SKIPPED = ("__pycache__", "site-packages", "node_modules")


EPILOG = "Exit code: 0 nothing unsupported, 1 something unsupported, 2 a wrong argument or an unreadable file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a .py script, an .ipynb notebook, or a folder of them"
    )
    parser.add_argument(
        "--write", action="store_true", help="rewrite the files in place; each old one stays as FILE.orig"
    )
    parser.add_argument("--no-backup", action="store_true", help="with --write: keep no FILE.orig")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with arguments, by default those of the process; see `run` for the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sparkcls.migrate",
        description="Move scripts and notebooks from Spark NLP and nlu to sparkcls. Prints a diff (standard output) "
        "and what sparkcls does not support (standard error); changes files only with --write.",
        epilog=EPILOG,
    )
    add_arguments(parser)
    try:
        return run(parser.parse_args(arguments))
    except SystemExit as e:  # argparse has printed its help or its error
        return int(e.code or 0)
    except BrokenPipeError:  # the reader, such as `head`, has enough
        sys.stderr.close()
        return 0


def run(args: argparse.Namespace) -> int:
    """Examine all files; 0 if sparkcls can do it all, 1 if not, 2 if a file could not be read."""
    try:
        exports("sparknlp.annotator")  # what there is to check names against
    except ImportError as e:
        print(f"sparkcls migrate: {e}", file=sys.stderr)
        return 2
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know all characters
    findings: list[Finding] = []
    changed = files = 0
    for path in _files(args.paths):
        files += 1
        try:
            document = read_document(path)
            findings += examine(document)
            changed += _put(document, args.write, not args.no_backup)
        except (UnreadableError, OSError) as e:
            findings.append(Finding(path, 0, 1, UNREADABLE, str(e)))
    for finding in findings:
        print(finding, file=sys.stderr)
    counts = Counter(finding.kind for finding in findings)
    print(
        f"files: {files}, {'rewritten' if args.write else 'to rewrite'}: {changed}, "
        f"unsupported: {counts[UNSUPPORTED]}, notes: {counts[NOTE]}, unreadable: {counts[UNREADABLE]}",
        file=sys.stderr,
    )
    return 2 if counts[UNREADABLE] else 1 if counts[UNSUPPORTED] else 0


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(f for f in folders if f[0] != "." and f not in _SKIPPED)
            if "pyvenv.cfg" in names:
                folders[:] = []
                continue
            yield from (Path(folder) / name for name in sorted(names) if name.endswith(SUFFIXES))


def _put(document: Document, write: bool, backup: bool) -> bool:
    """Show what is changed in a document, and write it if asked to; whether anything is."""
    after = document.edited()
    if after == document.text:
        return False
    path = document.path
    shown = path.as_posix().lstrip("/")
    for line in difflib.unified_diff(lines_of(document.text), lines_of(after), f"a/{shown}", f"b/{shown}"):
        print(line, end="" if line.endswith("\n") else "\n\\ No newline at end of file\n")
    if write:
        old = path.with_name(path.name + ".orig")
        if backup and not old.exists():  # the first one is the one to keep
            old.write_bytes(path.read_bytes())
        path.write_bytes(after.encode(document.encoding))
    return True
