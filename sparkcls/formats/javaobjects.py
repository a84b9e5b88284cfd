"""Java-serialized maps, as Spark NLP stores a model's vocabulary and labels.

Every record of a field is one stream that holds an array of `scala.Tuple2`. The parsing is javaobj-py3's,
which creates no classes and runs no code; only strings and boxed integers are taken out of its result.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.formats.sequencefile import read_sequence_file

_MAGIC = b"\xac\xed\x00\x05"


def read_map(folder: Path) -> dict[str, Any]:
    """The map in a folder of part files; {} if there is none.

    Raises
    ------
    ModelFormatError
        A part is corrupt, or holds something else than pairs of a str with a str or an int.
    """
    pairs: dict[str, Any] = {}
    for part in sorted(folder.glob("part-*")):
        try:
            for record in read_sequence_file(part.read_bytes()):
                pairs.update(read_pairs(record))
        except ModelFormatError as e:
            raise ModelFormatError(f"{part}: {e}; copy or fetch the model again") from e
    return pairs


def read_pairs(data: bytes) -> list[tuple[str, Any]]:
    """The pairs in one Java stream: an array of Tuple2 with String and String or Integer.

    Raises
    ------
    ModelFormatError
        It is no such stream, or is cut off.
    """
    if not data.startswith(_MAGIC):
        raise ModelFormatError("a record is no Java object stream")
    import javaobj.v2 as javaobj

    # It logs every unusual byte; the error below says what matters.
    logging.getLogger("javaobj").setLevel(logging.CRITICAL + 1)
    try:
        content: Any = javaobj.loads(data)  # type: ignore[attr-defined]  # it names no exports
        return [_pair(element) for element in content]
    except ModelFormatError:
        raise
    except (Exception, RecursionError) as e:  # the parser raises what corrupt bytes lead it to
        raise ModelFormatError(f"a Java object stream is corrupt ({type(e).__name__}: {e})") from e


def _pair(element: Any) -> tuple[str, Any]:
    key, value = _value(_field(element, "_1")), _value(_field(element, "_2"))
    if not isinstance(key, str) or not isinstance(value, (str, int)):
        raise ModelFormatError(
            f"a map holds {type(key).__name__} to {type(value).__name__}; expected str to int or str"
        )
    return key, value


def _field(instance: Any, name: str) -> Any:
    for fields in instance.field_data.values():
        for field, value in fields.items():
            if field.name == name:
                return value
    raise ModelFormatError(f"an object in a map has no field {name}; expected scala.Tuple2")


def _value(item: Any) -> Any:
    """A Python str or int of a java.lang.String or a boxed number."""
    text = getattr(item, "value", None)
    if isinstance(text, str):
        return str(text)
    if hasattr(item, "field_data"):
        item = _field(item, "value")
    return int(item) if isinstance(item, int) else item
