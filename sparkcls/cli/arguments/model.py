"""The arguments by which commands name a classifier."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from sparkcls.errors import ParamError

if TYPE_CHECKING:
    from sparkcls.plain.classifier import TextClassifier


def add_model_arguments(parser: argparse._ActionsContainer) -> None:
    """Give a parser the arguments of `classifier_of`."""
    parser.add_argument(
        "--model", metavar="M", help="a name, owner/name, or a folder (default: a bundled model, for sentiment)"
    )
    parser.add_argument("--lang", default="en", metavar="LANG", help="the model's language (default: en)")
    parser.add_argument("--zero-shot", metavar="A,B,...", help="labels of your own, for a model that takes such")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PARAM=VALUE",
        help="a Param of the classifier, such as maxSentenceLength=256; may be given several times",
    )


def classifier_of(args: argparse.Namespace) -> TextClassifier:
    """The classifier that the arguments name.

    Raises
    ------
    ParamError, ParamTypeError
        An argument cannot be used.
    ModelNotFoundError, ModelFormatError
        There is no such model, or it cannot be used.
    """
    import sparkcls

    labels = None if args.zero_shot is None else names_of(args.zero_shot, "--zero-shot")
    params = dict(_param(pair) for pair in args.set)
    return sparkcls.classifier(args.model, candidate_labels=labels, lang=args.lang, **params)


def names_of(text: str, option: str) -> list[str]:
    """Names with commas between them. Raises ParamError if there is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ParamError(f"{option} {text!r}: expected names with commas between them")
    return names


def _param(pair: str) -> tuple[str, Any]:
    name, found, value = pair.partition("=")
    if not found:
        raise ParamError(f"--set {pair}: expected PARAM=VALUE, such as maxSentenceLength=256")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value
