"""What lies in the cache, and whether it can be used."""

from __future__ import annotations

from collections.abc import Iterator

from sparkcls.catalogue.identity import model_folders, named
from sparkcls.catalogue.upkeep import UNFINISHED, WEIGHTS, kept
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding
from sparkcls.errors import SparkclsError, flattened
from sparkcls.models.layout import read_model_folder
from sparkcls.report.numbers import size
from sparkcls.settings import cache_folder


def of_cache() -> Iterator[Finding]:
    """Damaged models, and what could be removed."""
    try:
        cache = cache_folder()
        folders = model_folders(cache)
        things = kept(cache)
    except (SparkclsError, OSError) as e:
        yield Finding(PROBLEM, "models", flattened(e))
        return
    damaged = 0
    for folder in folders:
        try:
            # Of weights it reads the heads, which tell where they should end.
            read_model_folder(folder)
        except (SparkclsError, OSError, ValueError) as e:
            damaged += 1
            advice = f"Remove the folder; sparkcls pull {named(folder)[0]} fetches it anew"
            yield Finding(PROBLEM, "models", f"{folder} is damaged: {flattened(e)}", advice)
    yield Finding(OK, "models", f"{len(folders) - damaged} in the cache can be read")
    halves = [item for item in things if item.kind == UNFINISHED]
    if halves:
        text = f"{len(halves)} downloads that did not end, {size(sum(item.size for item in halves))}"
        yield Finding(NOTE, "models", text, "sparkcls models --clean removes what nobody is at")
    weights = sum(item.size for item in things if item.kind == WEIGHTS)
    if weights:
        yield Finding(OK, "models", f"{size(weights)} of weights converted for computing")
