"""Fetching a model from the Hugging Face Hub into the cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkcls.catalogue.install import install
from sparkcls.catalogue.names import folder_name
from sparkcls.catalogue.stores.base import NotThere, Unreachable
from sparkcls.catalogue.stores.locations import plain
from sparkcls.errors import ModelFormatError, first_line
from sparkcls.models.layout import DECISIVE
from sparkcls.models.otherkinds import ADAPTER, adapter, missing_weights
from sparkcls.models.ref import HUB
from sparkcls.models.shards import INDEX, has_weights, shard_names
from sparkcls.settings import cache_folder

#: With what tells that a repository holds a change of another model.
FILES = [*DECISIVE, INDEX, ADAPTER]


def fetch_from_hub(
    repo_id: str,
    name: str | None = None,
    lang: str = "en",
    revision: str | None = None,
    target: Path | None = None,
    digest: str = "",
) -> Path:
    """The model folder of a repository in the cache. ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` count.

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
    ParamError
        The cache cannot be written.
    """
    cache = cache_folder()

    def make(work: Path, model: Path) -> dict[str, Any]:
        from sparkcls.formats.convert import convert_folder

        snapshot = _snapshot(repo_id, revision)
        if not has_weights(snapshot):
            raise _without_weights(repo_id, revision)
        shards = shard_names(snapshot)
        if shards:
            # The commit's name, so that nothing newer comes in between.
            snapshot = _snapshot(repo_id, snapshot.name, [*FILES, *shards])
        convert_folder(snapshot, model)
        # The folder of a snapshot is called like its commit, so other machines get the same.
        known = {"name": name or repo_id, "lang": lang, "hub": repo_id}
        return {**known, "revision": snapshot.name, "place": f"{HUB}{repo_id}@{snapshot.name}"}

    return install(target or cache / folder_name(name or repo_id, lang), cache, make, digest)


def _snapshot(repo_id: str, revision: str | None, files: Sequence[str] = FILES) -> Path:
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(repo_id, revision=revision, allow_patterns=list(files)))
    except errors.GatedRepoError as e:
        raise NotThere(f"{repo_id} on the Hugging Face Hub is gated: accept its terms there and set HF_TOKEN") from e
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as e:
        raise NotThere(f"the Hugging Face Hub has no {repo_id} that it shows us ({plain(first_line(e))})") from e
    except Exception as e:
        # LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, and errors of its HTTP client,
        # which is another one in each major version.
        raise Unreachable(f"the Hugging Face Hub cannot be reached ({plain(first_line(e))})") from e


def _without_weights(repo_id: str, revision: str | None) -> ModelFormatError:
    from huggingface_hub import HfApi

    try:
        names = HfApi().list_repo_files(repo_id, revision=revision)
    except Exception:
        # Only for the message: offline, the snapshot alone is known.
        names = []
    if ADAPTER in names:
        return adapter(repo_id)
    return missing_weights(f"{repo_id} on the Hugging Face Hub", names)
