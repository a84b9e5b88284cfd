"""Fetching a model from the Hugging Face Hub into the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkcls.catalogue.bases import find_base
from sparkcls.catalogue.install import install
from sparkcls.catalogue.names import folder_name
from sparkcls.catalogue.snapshots import snapshot, without_weights
from sparkcls.models.otherkinds import is_adapter
from sparkcls.models.ref import HUB
from sparkcls.models.shards import has_weights
from sparkcls.settings import cache_folder


def fetch_from_hub(
    repo_id: str,
    name: str | None = None,
    lang: str = "en",
    revision: str | None = None,
    target: Path | None = None,
    digest: str = "",
) -> Path:
    """The model folder of a repository in the cache. ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` count.

    An adapter is merged into its base, see `sparkcls.catalogue.bases`.

    Parameters
    ----------
    repo_id
        ``owner/name``.
    name
        The model's name in the cache, default `repo_id`.
    revision
        A commit, branch or tag; default the main branch.
    target
        Default: ``<cache>/<name>_<lang>``.
    digest
        The digest that the folder must have, empty for any.

    Raises
    ------
    NotThere, Unreachable
        Of `sparkcls.catalogue.stores.base`: no such repository for us, or the Hub cannot be asked.
    ModelFormatError
        The repository is no model that can be read.
    ModelNotFoundError
        It is an adapter whose base is nowhere.
    ParamError
        The cache cannot be written.
    """
    cache = cache_folder()

    def make(work: Path, model: Path) -> dict[str, Any]:
        from sparkcls.formats.convert import convert_folder

        found = snapshot(repo_id, revision)
        base = find_base(found) if is_adapter(found) else None
        if base is None and not has_weights(found):
            raise without_weights(repo_id, revision)
        convert_folder(found, model, base=base)
        # The folder of a snapshot is called like its commit, so other machines get the same.
        known = {"name": name or repo_id, "lang": lang, "hub": repo_id, "revision": found.name}
        # An adapter is merged once: where this machine got its base from, others may not.
        return known if base else {**known, "place": f"{HUB}{repo_id}@{found.name}"}

    return install(target or cache / folder_name(name or repo_id, lang), cache, make, digest)
