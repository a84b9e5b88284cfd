"""`sparkcls submit-script`: where the script lies that spark-submit is to be given."""

from __future__ import annotations

import argparse
from pathlib import Path

EPILOG = (
    "It is for `spark-submit [ITS OPTIONS] $(sparkcls submit-script) classify INPUT ...`: behind it stands any command "
    "of sparkcls. Master, memory and confs are spark-submit's then."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""
    del parser


def run(args: argparse.Namespace) -> None:
    """Print the path."""
    del args
    print(Path(__file__).with_name("run_sparkcls.py"))
