"""`sparkcls show`: what is known of one model."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sparkcls.catalogue.cards import CARDS, LANGUAGE, Card
from sparkcls.catalogue.index import Entry, meant_entry
from sparkcls.catalogue.install import source_of
from sparkcls.catalogue.inventory import IN_PACKAGE, Found, find_local, store_index
from sparkcls.catalogue.measured import Measured, measured
from sparkcls.catalogue.names import is_repository
from sparkcls.catalogue.paths import local_path
from sparkcls.catalogue.resolve import nearest
from sparkcls.cli.saying import say
from sparkcls.errors import ModelFormatError, ModelNotFoundError, flattened
from sparkcls.models.config import CONFIG
from sparkcls.models.layout import decisive_files, read_model_folder
from sparkcls.models.ref import folder_digest
from sparkcls.report.numbers import size
from sparkcls.report.terminal import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument("name", metavar="NAME", help="the model's name, or a model folder")
    parser.add_argument("--lang", default="en", metavar="LANG", help="its language (default: en)")


def run(args: argparse.Namespace) -> None:
    """Print the model's facts."""
    folder = _folder(args.name)
    if folder is None:
        print_model(args.name, args.lang)
    else:
        print(folder)
        _print_facts(_of_folder(Found(args.name, args.lang, "a folder", folder)))


def _folder(name: str) -> Path | None:
    """The model folder that is meant; None for a name.

    Raises
    ------
    ModelNotFoundError
        A path is meant, and there is no folder.
    """
    path = local_path(name)
    if path is None:
        raise ModelNotFoundError(f"{name}: only folders of this machine are described; copy it, or `sparkcls pull` it")
    if (path / CONFIG).is_file():
        return path
    if not name.startswith((".", "~")) and (os.sep not in name or is_repository(name)):
        return None
    if not path.is_dir():
        raise ModelNotFoundError(f"There is no folder {path}; a model is a folder, a name, or owner/name")
    raise ModelFormatError(
        f"{path} is no model folder, for it has no {CONFIG}; `sparkcls convert {name} OUT` makes one of what Spark NLP "
        "or an exporter wrote"
    )


def print_model(name: str, lang: str) -> None:
    """Print what the folder, the card and, where there is no folder, the index of the store say.

    Raises
    ------
    ModelNotFoundError
        None of them knows the name.
    """
    found = find_local(name, lang)
    card = CARDS.get(name) if lang == LANGUAGE else None
    entry = None if found else _entry(name, lang, known=card is not None)
    print(f"{name} ({lang})")
    facts = [*(_of_folder(found) if found else ()), *(_of_entry(entry) if entry else ())]
    if not found:
        facts.append(("state", f"not on this machine; fetch it with `sparkcls pull {name}`"))
    elif card and set(read_model_folder(found.path).labels) != card.labels:
        facts.append(
            ("card", f"not of this model: the card of the name has the labels {', '.join(sorted(card.labels))}")
        )
        card = None
    facts += _of_card(card, labels=found is None) if card else []
    figures = measured(name) if found and found.state == IN_PACKAGE else None
    facts += _of_bundled(name, figures) if figures else []
    _print_facts(facts)
    if figures:
        _print_figures("figures by label", figures.table)
    if card and card.benchmark:
        _print_figures("benchmark of the card", card.benchmark)


def _print_facts(facts: Iterable[tuple[str, str]]) -> None:
    print("\n".join(table([(f"  {fact}", value) for fact, value in facts])))


def _print_figures(title: str, rows: Sequence[Sequence[str]]) -> None:
    print("\n".join([f"  {title}", *(f"    {line}" for line in table(rows))]))


def _entry(name: str, lang: str, known: bool) -> Entry | None:
    entries: list[Entry] = []
    reason = "the store does not have it"
    try:
        entries = store_index()
    except (ModelNotFoundError, ModelFormatError) as e:
        reason = flattened(e)
        if known:
            say(f"without the store's entry: {reason}")
            return None
    entry = meant_entry(entries, name, lang)
    if entry is None and not known:
        near = nearest(name, lang, entries)
        raise ModelNotFoundError(
            f"No model {name!r} ({lang}): it is not on this machine, and {reason}\n"
            + (f"Nearest names: {', '.join(near)}\n" if near else "")
            + f"`sparkcls models --search {name.split('_')[-1]}` lists names that contain this, `sparkcls models` all"
        )
    return entry


def _of_folder(found: Found) -> Iterator[tuple[str, str]]:
    folder = read_model_folder(found.path)
    source = source_of(found.path)
    yield "state", found.state
    yield "folder", str(found.path)
    yield "size", size(sum(file.stat().st_size for file in decisive_files(found.path).values()))
    yield "digest", folder_digest(found.path)
    yield from ((key, str(source[key])) for key in ("store", "key", "hub", "revision", "engine") if key in source)
    yield "labels", ", ".join(folder.labels)
    yield "params", _json(folder.params)
    yield "family", folder.family.model_type
    yield "class", folder.family.stage
    yield "scores", folder.activation
    longest = folder.stated_length or folder.positions
    yield "reads", f"texts of up to {longest} wordpieces; longer ones are cut, or read in windows (longText)"
    yield "network", f"{folder.shape.depth} layers of width {folder.shape.width}, {folder.shape.vocabulary} wordpieces"


def _of_entry(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "store's key", f"{entry.folder}/" if entry.folder else entry.key
    yield "class", entry.annotator or "not stated"
    yield "engine", entry.engine or "not stated"
    yield (
        "made with",
        " / ".join(
            f"{what} {'.'.join(map(str, version)) or '?'}"
            for what, version in (("Spark NLP", entry.lib_version), ("Spark", entry.spark_version))
        ),
    )
    if entry.checksum:
        yield "checksum", entry.checksum


def _of_bundled(name: str, figures: Measured) -> Iterator[tuple[str, str]]:
    yield from (("smaller than", f"{larger}, for the same task") for larger, card in CARDS.items() if card.mini == name)
    yield "measured on", figures.where


def _of_card(card: Card, labels: bool) -> Iterator[tuple[str, str]]:
    yield "description", card.description
    if labels:
        yield "labels", ", ".join(sorted(card.labels)) + " (the order is the model's)"
    yield "params of the card", _json(card.params)
    yield "nlu", card.nlu
    yield "key of the card", card.key
    yield "smaller one", f"{card.mini}, for the same task, is bundled"
    if card.hub:
        yield "same weights", f"https://huggingface.co/{card.hub}"
    yield "source", card.source
    yield "license", card.license


def _json(params: object) -> str:
    return json.dumps(params, ensure_ascii=False)
