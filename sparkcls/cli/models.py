"""`sparkcls models`: what is here, and what the store has."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sparkcls.catalogue.cards import CARDS, LANGUAGE
from sparkcls.catalogue.index import ANNOTATORS, Entry, meant_entry
from sparkcls.catalogue.install import source_of
from sparkcls.catalogue.inventory import PIPELINE, all_local, store_index
from sparkcls.catalogue.sources import store_location
from sparkcls.catalogue.stores.locations import public_form
from sparkcls.cli.cache import add_unused_for, print_cache
from sparkcls.cli.saying import say
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, flattened
from sparkcls.models.config import read_config
from sparkcls.report.terminal import table

_HEAD = ("NAME", "LANG", "STATE", "FROM", "WHERE")
Line = tuple[str, str, str, str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument("--lang", metavar="LANG", help="only this language, such as en")
    parser.add_argument("--search", metavar="TEXT", help="only names that contain this text")
    parser.add_argument("--annotator", metavar="CLASS", help="only models for this class of Spark NLP")
    parser.add_argument("--all", action="store_true", help="models of the store for any class, not only classifiers")
    parser.add_argument(
        "--clean",
        action="store_true",
        help="list nothing, but remove converted weights and unfinished downloads that nothing uses: cache --prune",
    )
    add_unused_for(parser, "--clean")


def run(args: argparse.Namespace) -> None:
    """Print the models that are wanted, or what was removed."""
    if args.clean or args.unused_for is not None:
        if args.lang or args.search or args.annotator or args.all:
            raise ParamError("--clean removes what no model needs; it takes --unused-for alone")
        print_cache(args.clean, args.unused_for, "--clean")
        return
    print_models(args.lang, args.search, args.annotator, args.all)


def print_models(lang: str | None, search: str | None, annotator: str | None, everything: bool) -> None:
    """Print one line per model, those of this machine first; the rest by name.

    Parameters
    ----------
    annotator
        The class that models are for, default all that sparkcls reads; case does not matter.
    everything
        Whether models for all classes are listed.
    """
    lines = _known(annotator)
    try:
        for line in _of_store(store_index(), annotator, everything):
            lines.setdefault(line[:2], line)
    except (ModelNotFoundError, ModelFormatError) as e:
        say(f"the store's models are not listed: {flattened(e)}")
    wanted = [
        line
        for line in lines.values()
        if (lang is None or line[1].lower() == lang.lower()) and (search is None or search.lower() in line[0].lower())
    ]
    if wanted:
        print("\n".join(table([_HEAD, *wanted])))
    else:
        say("no model matches; leave out --search, --lang or --annotator, or add --all")


def _known(annotator: str | None) -> dict[tuple[str, ...], Line]:
    """Models of this machine, and those of the cards, by name and language; of a class alone if one is given."""
    lines: dict[tuple[str, ...], Line] = {}
    for found in all_local():
        if annotator and _class_of(found.path).lower() != annotator.lower():
            continue
        source = source_of(found.path)
        origin = str(source.get("store") or source.get("hub") or "-")
        lines[found.name, found.lang] = (found.name, found.lang, found.state, origin, str(found.path))
    for name, card in CARDS.items():
        if annotator and card.annotator.lower() != annotator.lower():
            continue
        lines.setdefault((name, LANGUAGE), (name, LANGUAGE, "card", "tensorflow", f"{_store()}/{card.key}.zip"))
    return lines


def _class_of(folder: Path) -> str:
    """The class that a model folder is for; empty if it cannot be told."""
    try:
        return read_config(folder)[0].stage
    except ModelFormatError:
        return ""


def _of_store(entries: Sequence[Entry], annotator: str | None, everything: bool) -> list[Line]:
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    # Of an entry that names no class nobody knows.
    kinds = {annotator.lower()} if annotator else {"", *(known.lower() for known in ANNOTATORS)}
    for entry in entries:
        wanted = (entry.annotator or "").lower() in kinds
        if entry.category != PIPELINE and (everything or wanted):
            groups[entry.name, entry.language or "-"].append(entry)
    lines = []
    for (name, lang), group in sorted(groups.items()):
        best = meant_entry(group, name, lang, {entry.annotator or "" for entry in group})
        if best:
            usable = "store" if best.annotator in (None, *ANNOTATORS) else str(best.annotator)
            where = f"{best.folder}/" if best.folder else best.key + (".zip" if best.zipped else "")
            lines.append((name, lang, usable, best.engine or "-", f"{_store()}/{where}"))
    return lines


def _store() -> str:
    return public_form(store_location())
