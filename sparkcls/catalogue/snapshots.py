"""Fetching files of a repository of the Hugging Face Hub, into the cache of huggingface_hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkcls.catalogue.stores.base import NotThere, Unreachable
from sparkcls.catalogue.stores.locations import plain
from sparkcls.errors import ModelFormatError, first_line
from sparkcls.models.layout import DECISIVE
from sparkcls.models.otherkinds import ADAPTER, ADAPTER_WEIGHTS, missing_weights
from sparkcls.models.shards import INDEX, shard_names

#: With those of an adapter, a change of another model.
FILES = [*DECISIVE, INDEX, ADAPTER, ADAPTER_WEIGHTS]


def snapshot(repo_id: str, revision: str | None = None) -> Path:
    """A folder, called like the commit, with a repository's files of a model or an adapter, as far as it has them.

    Raises
    ------
    NotThere, Unreachable
        Of `sparkcls.catalogue.stores.base`: no such repository for us, or the Hub cannot be asked.
    """
    found = _download(repo_id, revision, FILES)
    shards = shard_names(found)
    # The commit's name, so that nothing newer comes in between.
    return _download(repo_id, found.name, [*FILES, *shards]) if shards else found


def _download(repo_id: str, revision: str | None, files: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub import utils as theirs

    utils: Any = theirs  # has the errors in every version, `huggingface_hub.errors` only in newer ones
    try:
        return Path(snapshot_download(repo_id, revision=revision, allow_patterns=list(files)))
    except utils.GatedRepoError as e:
        raise NotThere(f"{repo_id} on the Hugging Face Hub is gated: accept its terms there and set HF_TOKEN") from e
    except (utils.RepositoryNotFoundError, utils.RevisionNotFoundError, utils.HFValidationError) as e:
        raise NotThere(f"the Hugging Face Hub has no {repo_id} that it shows us ({plain(first_line(e))})") from e
    except Exception as e:
        # LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, and errors of its HTTP client,
        # which is another one in each major version.
        raise Unreachable(f"the Hugging Face Hub cannot be reached ({plain(first_line(e))})") from e


def without_weights(repo_id: str, revision: str | None = None) -> ModelFormatError:
    """What to raise for a repository without weights in the safetensors format."""
    from huggingface_hub import HfApi

    try:
        names = HfApi().list_repo_files(repo_id, revision=revision)
    except Exception:
        # Only for the message: offline, the snapshot alone is known.
        names = []
    return missing_weights(f"{repo_id} on the Hugging Face Hub", names)
