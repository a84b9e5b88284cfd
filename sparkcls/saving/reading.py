"""Reading saved stages, which may be a stranger's: every part of them is checked before it is believed.

See `sparkcls.saving.stage_files` for what they consist of. `read_metadata` and `read_pieces` read through Spark,
`light_metadata` and `light_pieces` a folder of this machine without it. Only errors of sparkcls come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException

from sparkcls._version import __version__
from sparkcls.errors import ModelFormatError, ModelNotFoundError, first_line
from sparkcls.formats.metadata import metadata_line, parse_metadata
from sparkcls.models.checksums import file_sha256
from sparkcls.models.layout import may_be_decisive
from sparkcls.saving.stage_files import FORMAT, SCHEMA, Piece

#: Bytes of all files that are read of a stranger's folder.
MOST_BYTES = 8 << 30


def read_metadata(spark: Any, path: str) -> dict[str, Any]:
    """The metadata of a saved stage.

    Raises
    ------
    ModelNotFoundError
        There is none.
    ModelFormatError
        It is damaged, or a newer sparkcls wrote it.
    """
    try:
        line = spark.read.text(f"{path}/metadata").first()
    except PySparkException as e:
        if "PATH_NOT_FOUND" in str(e):
            raise ModelNotFoundError(f"No saved stage at {path}; it must be a folder with metadata/") from e
        raise ModelFormatError(f"{path}/metadata cannot be read: {first_line(e)[:300]}") from e
    return parsed(line[0] if line else "", path)


def read_pieces(spark: Any, path: str) -> Iterator[Piece]:
    """The files of a saved stage in pieces, in any order. Raises ModelFormatError where they cannot be read."""
    try:
        for row in spark.read.schema(SCHEMA).parquet(f"{path}/files").toLocalIterator():
            content = row["content"]
            yield row["file"], row["offset"], bytes(content) if isinstance(content, bytearray) else content
    except Exception as e:
        # Those of py4j among them, which a client of Spark Connect does not have.
        raise _damaged_pieces(path, e) from e


def light_metadata(path: Path) -> dict[str, Any]:
    """The metadata of a stage or pipeline that is saved in a folder of this machine.

    Raises
    ------
    ModelNotFoundError
        There is none.
    ModelFormatError
        It cannot be read, or a newer sparkcls wrote it.
    """
    line = metadata_line(path)
    if not line:
        raise ModelNotFoundError(f"No saved pipeline or stage at {path}; it must be a folder with metadata/")
    return parsed(line, str(path))


def light_pieces(path: Path) -> Iterator[Piece]:
    """The files of a stage that is saved in a folder of this machine, in pieces. Raises ModelFormatError."""
    import pyarrow.parquet as pq

    try:
        for part in sorted((path / "files").glob("part-*.parquet")):
            for batch in pq.ParquetFile(part).iter_batches(batch_size=8, columns=["file", "offset", "content"]):
                for row in batch.to_pylist():
                    yield row["file"], row["offset"], row["content"]
    except Exception as e:
        # Arrow has errors of all kinds for corrupt bytes.
        raise _damaged_pieces(str(path), e) from e


def _damaged_pieces(path: str, error: Exception) -> ModelFormatError:
    return ModelFormatError(
        f"{path}/files is damaged, or not the files of a stage ({first_line(error)[:300]}); copy it again"
    )


def parsed(line: str, path: str) -> dict[str, Any]:
    """Metadata that this version can read, from its JSON; whatever may be absent is filled in.

    Raises
    ------
    ModelFormatError
        It is damaged, or a newer sparkcls wrote it.
    """
    metadata = parse_metadata(line, f"{path}/metadata")
    for key, kind, absent in (("uid", str, ""), ("paramMap", dict, {}), ("defaultParamMap", dict, {})):
        if not isinstance(metadata.setdefault(key, absent), kind) or metadata[key] == "":
            raise ModelFormatError(f"{path}/metadata is damaged: {key} is {str(metadata[key])[:80]!r}")
    ours = metadata.setdefault("sparkcls", {"format": 0, "version": "0.1", "files": {}})
    if not isinstance(ours, dict) or not _is_count(ours.get("format")):
        raise ModelFormatError(f"{path}/metadata is damaged: its part sparkcls has no format")
    if ours["format"] > FORMAT:
        version = str(ours.get("version"))[:40]
        raise ModelFormatError(
            f"{path} was saved by sparkcls {version} in format {ours['format']}; this is sparkcls "
            f"{__version__}, which reads formats up to {FORMAT}. Install sparkcls {version} or newer"
        )
    _check_facts(ours.setdefault("files", {}), path)
    return metadata


def _check_facts(facts: Any, path: str) -> None:
    """Refuse what is not a list of a model's files; the folder may be a stranger's."""
    strange = sorted(name for name in facts if not may_be_decisive(name)) if isinstance(facts, dict) else []
    if strange:
        # Names become paths.
        raise ModelFormatError(f"{path} lists files that are not part of a model: {', '.join(strange)[:200]}")
    good = isinstance(facts, dict) and all(
        isinstance(fact, dict) and _is_count(fact.get("bytes")) and isinstance(fact.get("sha256"), str)
        for fact in facts.values()
    )
    if not good:
        raise ModelFormatError(f"{path}/metadata is damaged: files must map names to bytes and sha256")
    size = sum(fact["bytes"] for fact in facts.values())
    if size > MOST_BYTES:
        raise ModelFormatError(f"{path} lists files of {size} bytes; the most is {MOST_BYTES}")


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def put_together(pieces: Iterable[Piece], facts: Mapping[str, Mapping[str, Any]], target: Path, path: str) -> None:
    """Write the files of a saved stage into a folder.

    Raises
    ------
    ModelFormatError
        One is missing, cut or changed, or is not part of a model.
    """
    _check_facts(facts, path)
    left = {name: fact["bytes"] for name, fact in facts.items()}
    for name, offset, content in pieces:
        if name not in left:
            continue
        if not (_is_count(offset) and isinstance(content, bytes)):
            raise _damaged_pieces(path, ValueError(f"a piece of {name} without offset or content"))
        left[name] -= len(content)
        if left[name] < 0 or offset + len(content) > facts[name]["bytes"]:
            raise _damaged_pieces(path, ValueError(f"pieces of {name} that are more than its bytes"))
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "r+b" if file.exists() else "wb") as sink:
            sink.seek(offset)
            sink.write(content)
    for name, fact in facts.items():
        file = target / name
        if not file.is_file() or file.stat().st_size != fact["bytes"] or file_sha256(file) != fact["sha256"]:
            raise ModelFormatError(
                f"{path} is damaged: its file {name} is missing, cut or changed; copy it again, or save it anew"
            )
