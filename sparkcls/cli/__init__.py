"""The command `sparkcls`: classifying and evaluating files, models, what is wrong here, planning, measuring.

Each command is a module with `add_arguments(parser)`, `run(args)` and, if there is more to say, `EPILOG`. It is
imported only if it is asked for, so that `sparkcls --help` answers at once, and a command needs only what it uses:
Spark and torch by few of them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Sequence

from sparkcls._version import __version__
from sparkcls.cli.saying import say
from sparkcls.errors import ColumnError, ParamError, ParamTypeError, SparkclsError, flattened

#: Each command's module, and what `sparkcls --help` says of it.
COMMANDS = {
    "classify": ("sparkcls.cli.classify", "classify files, a table or a query, on this machine or a cluster"),
    "models": (
        "sparkcls.cli.models",
        "list models: bundled, cached, those of the model cards, and those of the store if it can be reached",
    ),
    "pull": ("sparkcls.cli.pull", "fetch a model into the cache, or into a folder to ship"),
    "show": ("sparkcls.cli.show", "what is known of a model; fetches nothing"),
    "doctor": ("sparkcls.doctor.command", "what is wrong here, or with a cluster's workers, and what to do about it"),
    "cache": ("sparkcls.cli.cache", "what the cache keeps, and removing what is no longer used"),
    "convert": (
        "sparkcls.cli.convert",
        "turn a model of Spark NLP, a TensorFlow, ONNX or Hugging Face export, an adapter of LoRA or a pickle of "
        "PyTorch into a model folder",
    ),
    "evaluate": ("sparkcls.cli.evaluate", "how good answers are, or a classifier's would be, against gold labels"),
    "submit-script": (
        "sparkcls.cli.submit",
        "print the path of a script for spark-submit, which runs the commands here under it",
    ),
    "migrate": ("sparkcls.migrate.command", "move scripts and notebooks from Spark NLP to sparkcls"),
    "plan": ("sparkcls.plan.command", "how long a job takes, on how many cores or GPUs, and how to cut it"),
    "bench": ("sparkcls.bench.command", "measure sparkcls and its rivals on the same weights and texts"),
}

_STORES = (
    "The store is the public one, or a mirror: a folder or URL in the environment variable SPARKCLS_MIRROR. "
    "The cache is the folder in SPARKCLS_CACHE, else ~/.cache/sparkcls."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 for a failure, 2 for a wrong argument, or what the command says.

    Parameters
    ----------
    arguments
        Default: those of the process.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        args = _parser(arguments).parse_args(arguments)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]  # the documented hook
            return int(args.run(args) or 0)
    except SystemExit as e:  # argparse has printed its help or its error
        return int(e.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has enough
        sys.stderr.close()
        return 0
    except SparkclsError as e:
        # Its lines are lists: where it was looked, the nearest names, the ways out.
        say(str(e).strip())
        return 2 if isinstance(e, (ParamError, ParamTypeError, ColumnError)) else 1
    except OSError as e:  # a full disk, a folder that may not be written
        say(flattened(e))
        return 1


def _show_warning(message: Warning | str, *_: object) -> None:
    say(flattened(message))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """A parser that knows all commands, and the arguments of the one that is asked for."""
    parser = argparse.ArgumentParser(
        prog="sparkcls",
        description="Classify texts, evaluate answers; list, fetch, inspect, convert models; plan and measure jobs.",
        epilog=_STORES,
    )
    parser.add_argument("--version", action="version", version=f"sparkcls {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", epilog=_STORES)
        if name in arguments[:1]:
            found = importlib.import_module(module)
            command.epilog = getattr(found, "EPILOG", _STORES)
            found.add_arguments(command)
            command.set_defaults(run=found.run)
    return parser
