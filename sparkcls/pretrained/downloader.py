"""`ResourceDownloader`: what the store has, and fetching it by name."""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from filelock import FileLock
from pyspark.ml import PipelineModel

from sparkcls.catalogue.fetch import Parcel, download, verify
from sparkcls.catalogue.identity import is_model
from sparkcls.catalogue.index import LIBRARY, compatible
from sparkcls.catalogue.install import LOCKS, PARTIAL, WORK, unwritable
from sparkcls.catalogue.inventory import PIPELINE, meant_pipeline, store_index, the_store, unreachable
from sparkcls.catalogue.names import check_names, folder_name
from sparkcls.catalogue.sources import PUBLIC, PUBLIC_NAME
from sparkcls.catalogue.stores.base import NotThere, Store, Unreachable
from sparkcls.catalogue.upkeep import drop_weights
from sparkcls.errors import ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.formats.archive import extract
from sparkcls.pipelines.disk import load_pipeline
from sparkcls.settings import cache_folder
from sparkcls.spark.confs import take_over_confs

_MODEL, _OTHER = "ml", "nd"
#: How Spark NLP's users write the public store.
_PUBLIC_S3 = "s3://auxdata.johnsnowlabs.com/public/models"


class ResourceDownloader:
    """Tables of what the store in force has, and its models by name. All methods are static."""

    @staticmethod
    def showPublicModels(annotator: str | None = None, lang: str | None = None, version: str | None = None) -> None:
        """Print the models of the store.

        Parameters
        ----------
        annotator, lang
            Only those for this class of Spark NLP, and in this language; case does not matter.
        version
            Only those that this version of Spark NLP can use, such as ``"3.3.3"``. Default: the newest known.
        """
        _show("Model", _MODEL, annotator, lang, version)

    @staticmethod
    def showPublicPipelines(lang: str | None = None, version: str | None = None) -> None:
        """Print the pipelines of the store, see `showPublicModels`."""
        _show("Pipeline", PIPELINE, None, lang, version)

    @staticmethod
    def showUnCategorizedResources() -> None:
        """Print what the store calls neither a model nor a pipeline."""
        _show("Pipeline/Model", _OTHER, None, None, None)

    @staticmethod
    def showAvailableAnnotators() -> None:
        """Print the classes of Spark NLP that the store has models for, sorted, one a line."""
        take_over_confs()
        print("\n".join(sorted({e.annotator for e in store_index() if e.annotator})))

    @staticmethod
    def downloadModel(
        reader: type | str, name: str, language: str, remote_loc: str | None = None, *ignored: Any, **also_ignored: Any
    ) -> Any:
        """The stage of a model, fetched into the cache if it is not there.

        Parameters
        ----------
        reader
            The stage's class, or its name.
        ignored, also_ignored
            ``engine`` and the like of Spark NLP; the store's entry decides.
        """
        return _reader(reader).pretrained(name, language, remote_loc)

    @staticmethod
    def downloadModelDirectly(name: str, remote_loc: str | None = PUBLIC_NAME, unzip: bool = True) -> str:
        """Fetch one archive of a store, as it is, and return its path in the cache.

        Parameters
        ----------
        name
            Its key, with or without ``.zip``, or a whole ``s3://`` or ``https://`` address of it.
        unzip
            Whether to unpack it into a folder called like the key, which `loadSavedModel` reads.

        Raises
        ------
        ModelNotFoundError
            The store has no such archive, or cannot be reached.
        """
        if "://" in str(name):
            address = urlsplit(str(name))
            folder, _, name = address.path.rpartition("/")
            # What signs the request goes with it, not into names of files.
            remote_loc = urlunsplit((address.scheme, address.netloc, folder, address.query, ""))
            remote_loc = PUBLIC if remote_loc == _PUBLIC_S3 else remote_loc
        key = str(name).removesuffix(".zip")
        check_names(key, "en")
        take_over_confs()
        return str(_archive(the_store(remote_loc), key, unzip))

    @staticmethod
    def downloadPipeline(name: str, language: str = "en", remote_loc: str | None = None) -> PipelineModel:
        """A pipeline of the store, fetched into the cache if it is not there, with stages of sparkcls.

        Raises
        ------
        ModelNotFoundError
            The store has no such pipeline, or cannot be reached.
        ModelFormatError
            One of its stages is of a class that sparkcls does not have.
        """
        check_names(name, language)
        take_over_confs()
        cached = [folder for folder in _folders(name, language) if (folder / "stages").is_dir()]
        if cached:
            return load_pipeline(str(max(cached, key=lambda folder: folder.stat().st_mtime)))
        entry = meant_pipeline(store_index(remote_loc), name, language)
        if entry is None:
            raise ModelNotFoundError(
                f"downloadPipeline: the store has no pipeline {name!r} ({language}); see showPublicPipelines(). "
                "A classifier's name is taken by PretrainedPipeline(name, lang)"
            )
        return load_pipeline(str(_archive(the_store(remote_loc), entry.key, True, entry.checksum)))

    @staticmethod
    def clearCache(name: str, language: str = "en", remote_loc: str | None = None) -> None:
        """Remove a model or pipeline, and what was made of it, from the cache; none there is no error."""
        check_names(name, language)
        take_over_confs()
        model = cache_folder() / folder_name(name, language)
        if is_model(model):
            drop_weights(cache_folder(), model)
        for path in _folders(name, language):
            for victim in (path, cache_folder() / PARTIAL / path.name):
                if victim.is_dir():
                    shutil.rmtree(victim)
                else:
                    victim.unlink(missing_ok=True)


def _folders(name: str, lang: str) -> list[Path]:
    """Where the cache has a name: its model folder, and archives by their keys."""
    folder = folder_name(name, lang)
    key = re.compile(re.escape(folder) + r"_[\d.]+_[\d.]+_\d+(\.zip)?")
    cache = cache_folder()
    there = {p.name for p in (*cache.glob("*"), *(cache / PARTIAL).glob("*")) if key.fullmatch(p.name)}
    return [cache / n for n in (folder, *sorted(there))]


def _archive(store: Store, key: str, unzip: bool, checksum: str = "") -> Path:
    cache = cache_folder()
    try:
        return _fetch_archive(cache, store, key, unzip, checksum)
    except OSError as e:
        raise unwritable(cache, e) from e


def _fetch_archive(cache: Path, store: Store, key: str, unzip: bool, checksum: str) -> Path:
    target = cache / (key if unzip else f"{key}.zip")
    for folder in (LOCKS, WORK, PARTIAL):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    with FileLock(cache / LOCKS / f"{target.name}.lock"):
        if target.exists():
            return target
        parcel = Parcel.of_key(key)
        partial = cache / PARTIAL / target.name / parcel.key
        try:
            download(store, parcel.key, partial)
        except (NotThere, Unreachable) as e:
            with contextlib.suppress(OSError):
                partial.parent.rmdir()  # unless there is something to go on with
            raise unreachable(f"{store.location.rstrip('/')}/{parcel.key}", e) from e
        work = cache / WORK / f"{target.name}-{uuid.uuid4().hex}"
        try:
            verify(partial, checksum, parcel.key)
            if unzip:
                extract(partial, work)
                work.rename(target)
            else:
                partial.rename(target)
        finally:
            # Complete, or damaged: nothing to go on with.
            shutil.rmtree(work, ignore_errors=True)
            shutil.rmtree(partial.parent, ignore_errors=True)
    return target


def _reader(reader: type | str) -> Any:
    from sparkcls import annotator

    name = reader if isinstance(reader, str) else getattr(reader, "__name__", repr(reader))
    stage = reader if isinstance(reader, type) else getattr(annotator, name.rpartition(".")[2], None)
    if not hasattr(stage, "pretrained"):
        known = [n for n in annotator.__all__ if hasattr(getattr(annotator, n), "pretrained")]
        raise ParamTypeError(f"downloadModel(reader={name}): expected a class with models: {', '.join(known)}")
    return stage


def _show(head: str, category: str, annotator: str | None, lang: str | None, version: str | None) -> None:
    current = _version(version)
    take_over_confs()
    rows = [
        (e.name, e.language or "", ".".join(map(str, e.lib_version)))
        for e in store_index()
        if e.category == category
        and compatible(current, e.lib_version)
        and (annotator is None or (e.annotator or "").lower() == annotator.lower())
        and (lang is None or (e.language or "").lower() == lang.lower())
    ]
    print(_table(head, rows))


def _version(version: str | None) -> tuple[int, ...]:
    if version is None:
        return LIBRARY
    if not isinstance(version, str) or not re.fullmatch(r"\d+(\.\d+)*", version):
        raise ParamError(f"version={version!r}: expected a version of Spark NLP, such as '3.3.3'")
    return tuple(map(int, version.split(".")))


def _table(head: str, rows: Sequence[tuple[str, str, str]]) -> str:
    widths = [max([least, *(len(row[i]) for row in rows)]) for i, least in enumerate((14, 4, 7))]
    border = "+" + "+".join("-" * (width + 2) for width in widths) + "+"

    def line(cells: Sequence[str]) -> str:
        name, lang, version = cells
        return f"| {name:<{widths[0]}} | {lang:^{widths[1]}} | {version:<{widths[2]}} |"

    return "\n".join([border, line((head, "lang", "version")), border, *map(line, rows), border])
