"""The command `sparkcls`: models on this machine and in the store; moving code here; planning; measuring.

It needs neither Spark nor torch; only `migrate` and `bench` need them.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from sparkcls._version import __version__
from sparkcls.bench import command as benchmark
from sparkcls.errors import ParamError, ParamTypeError, SparkclsError, flattened
from sparkcls.migrate import command as migration
from sparkcls.plan import command as planning

_STORES = (
    "The store is the public one, or a mirror: a folder or URL in the environment variable SPARKCLS_MIRROR. "
    "The cache is the folder in SPARKCLS_CACHE, else ~/.cache/sparkcls."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 for a failure, 2 for a wrong argument.

    Parameters
    ----------
    arguments
        Default: those of the process.
    """
    try:
        args = _parser().parse_args(arguments)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]  # the documented hook
            args.run(args)
    except SystemExit as e:  # argparse has printed its help or its error
        return int(e.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has enough
        sys.stderr.close()
        return 0
    except SparkclsError as e:
        # Its lines are lists: where it was looked, the nearest names, the ways out.
        print("sparkcls:", str(e).strip(), file=sys.stderr)
        return 2 if isinstance(e, (ParamError, ParamTypeError)) else 1
    except OSError as e:  # a full disk, a folder that may not be written
        print("sparkcls:", flattened(e), file=sys.stderr)
        return 1
    return 0


def _show_warning(message: Warning | str, *_: object) -> None:
    print("sparkcls:", flattened(message), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sparkcls",
        description="Models of sparkcls: list, fetch, inspect, convert and measure them, plan jobs.",
        epilog=_STORES,
    )
    parser.add_argument("--version", action="version", version=f"sparkcls {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    models = _command(
        commands,
        "models",
        "list models: bundled, cached, those of the model cards, and those of the store if it can be reached",
        _run_models,
    )
    models.add_argument("--lang", metavar="LANG", help="only this language, such as en")
    models.add_argument("--search", metavar="TEXT", help="only names that contain this text")
    models.add_argument("--annotator", metavar="CLASS", help="only models for this class of Spark NLP")
    models.add_argument("--all", action="store_true", help="models of the store for any class, not only classifiers")

    pull = _command(commands, "pull", "fetch a model into the cache, or into a folder to ship", _run_pull)
    pull.add_argument("name", metavar="NAME", help="the model's name, such as distilbert_sequence_classifier_emotion")
    pull.add_argument("--lang", default="en", metavar="LANG", help="its language (default: en)")
    pull.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="put <name>_<lang>/ and an index metadata.json there; the folder then serves as a cache "
        "(SPARKCLS_CACHE=DIR, for instance in an image) and, copied or uploaded anywhere, as a mirror",
    )
    pull.add_argument("--from", dest="store", metavar="STORE", help="fetch from this folder, URL or remote_loc")

    show = _command(commands, "show", "what is known of a model; fetches nothing", _run_show)
    show.add_argument("name", metavar="NAME", help="the model's name")
    show.add_argument("--lang", default="en", metavar="LANG", help="its language (default: en)")

    cache = _command(commands, "cache", "what the cache keeps, and removing what is no longer used", _run_cache)
    cache.add_argument(
        "--prune",
        action="store_true",
        help="remove weights that were converted for computing and unfinished downloads; models stay",
    )
    cache.add_argument(
        "--unused-for",
        type=float,
        metavar="DAYS",
        help="with --prune: only what was not used for so many days (default: 30)",
    )

    convert = _command(
        commands,
        "convert",
        "turn a model of Spark NLP, a TensorFlow, ONNX or Hugging Face export, an adapter of LoRA or a pickle of "
        "PyTorch into a model folder",
        _run_convert,
    )
    convert.add_argument("folder", type=Path, metavar="FOLDER", help="the model's folder")
    convert.add_argument("out", type=Path, metavar="OUT", help="the folder to make; it must not exist")
    convert.add_argument("--heads", type=int, metavar="N", help="attention heads, if its graph cannot tell")

    migrate = _command(commands, "migrate", "move scripts and notebooks from Spark NLP to sparkcls", _run_migrate)
    migrate.epilog = migration.EPILOG
    migration.add_arguments(migrate)

    plan = _command(commands, "plan", "how long a job takes, on how many cores or GPUs, and how to cut it", _run_plan)
    plan.epilog = planning.EPILOG
    planning.add_arguments(plan)

    bench = _command(commands, "bench", "measure sparkcls and its rivals on the same weights and texts", _run_bench)
    bench.epilog = benchmark.EPILOG
    benchmark.add_arguments(bench)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", epilog=_STORES)
    command.set_defaults(run=run)
    return command


# Each imports what only it needs: `sparkcls --help` answers at once.
def _run_models(args: argparse.Namespace) -> None:
    from sparkcls.cli.listing import print_models

    print_models(args.lang, args.search, args.annotator, args.all)


def _run_pull(args: argparse.Namespace) -> None:
    from sparkcls.cli.pulling import pull

    print(pull(args.name, args.lang, args.to, args.store))


def _run_show(args: argparse.Namespace) -> None:
    from sparkcls.cli.showing import print_model

    print_model(args.name, args.lang)


def _run_cache(args: argparse.Namespace) -> None:
    from sparkcls.cli.keeping import print_cache

    print_cache(args.prune, args.unused_for)


def _run_convert(args: argparse.Namespace) -> None:
    from sparkcls.cli.converting import convert

    convert(args.folder, args.out, args.heads)
    print(args.out)


def _run_migrate(args: argparse.Namespace) -> None:
    raise SystemExit(migration.run(args))


def _run_plan(args: argparse.Namespace) -> None:
    planning.run(args)


def _run_bench(args: argparse.Namespace) -> None:
    benchmark.run(args)
