"""Java-serialized maps, as Spark NLP stores a model's vocabulary, merges and labels.

Every record of a field is one stream that holds an array of `scala.Tuple2`. The parsing is javaobj-py3's,
which creates no classes and runs no code; only strings and boxed integers are taken out of its result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sparkcls.errors import ModelFormatError
from sparkcls.formats.messages import read_file
from sparkcls.formats.sparknlp.sequencefile import read_sequence_file

_MAGIC = b"\xac\xed\x00\x05"
#: Most bytes of a field: the vocabulary of 110 languages has 7 million. The parser takes a second for a million.
_MOST_BYTES = 16 << 20
#: And of one record, which has ten pairs; the parser takes a hundred times as much memory.
_LONGEST_RECORD = 1 << 20
_Element = TypeVar("_Element")


def read_map(folder: Path) -> dict[str, Any]:
    """The map in a folder of part files; {} if there is none.

    Raises
    ------
    ModelFormatError
        A part is corrupt, or holds something else than pairs of a str with a str or an int.
    """
    return dict(_elements(folder, read_pairs))


def read_ranks(folder: Path) -> list[tuple[str, str]]:
    """The merges of a byte-pair vocabulary in their order, from a map of pairs to ranks; [] if there is none.

    Raises
    ------
    ModelFormatError
        A part is corrupt, or holds something else than pairs of str with an int.
    """
    ranks = dict(_elements(folder, lambda record: _read(record, _rank)))
    return sorted(ranks, key=ranks.__getitem__)


def read_token_rules(folder: Path) -> list[str]:
    """The patterns of a TokenizerModel, from the `RuleFactory` in a folder of part files; [] if there is none.

    Raises
    ------
    ModelFormatError
        A part is corrupt, or holds something else.
    """
    found = _elements(folder, lambda record: _read(record, _patterns), "copy the pipeline again")
    return [pattern for rules in found for pattern in rules]


def _elements(
    folder: Path, read: Callable[[bytes], list[_Element]], advice: str = "copy or fetch the model again"
) -> Iterator[_Element]:
    """What `read` makes of each record in a folder of part files, one after the other; errors end with the advice."""
    for part, data in _parts(folder):
        try:
            for record in read_sequence_file(data):
                yield from read(record)
        except ModelFormatError as e:
            raise ModelFormatError(f"{part}: {e}; {advice}") from e


def _parts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """The part files of a field and their bytes; of more than any vocabulary has, none is read."""
    parts = sorted(part for part in folder.glob("part-*") if part.is_file()) if folder.is_dir() else []
    size = sum(part.stat().st_size for part in parts)
    if size > _MOST_BYTES:
        raise ModelFormatError(f"{folder} has {size} bytes; the most is {_MOST_BYTES}")
    for part in parts:
        yield part, read_file(part)


def _patterns(factory: Any) -> list[str]:
    """The patterns of a `RuleFactory`, whose rules are a Scala list, which writes its items as data of its own."""
    rules = _field(factory, "rules")
    items = [item for written in rules.annotations.values() for item in written if hasattr(item, "classdesc")]
    found = [_value(_field(item, "rule")) for item in items if item.classdesc.name.endswith(".RegexRule")]
    if not all(isinstance(pattern, str) for pattern in found):
        raise ModelFormatError("a rule of a tokenizer has no pattern")
    return found


def read_pairs(data: bytes) -> list[tuple[str, Any]]:
    """The pairs in one Java stream: an array of Tuple2 with String and String or Integer.

    Raises
    ------
    ModelFormatError
        It is no such stream, or is cut off.
    """
    return _read(data, _pair)


def _read(data: bytes, read: Callable[[Any], _Element]) -> list[_Element]:
    """What `read` makes of each element of the array in a Java stream."""
    try:
        return [read(element) for element in _load(data)]
    except ModelFormatError:
        raise
    except Exception as e:  # of objects that have not the fields that they should have
        raise _corrupt(e) from e


def _load(data: bytes) -> Any:
    """The object in a Java stream, as the parser gives it."""
    if len(data) > _LONGEST_RECORD:
        raise ModelFormatError(f"a record has {len(data)} bytes; the most is {_LONGEST_RECORD}")
    if not data.startswith(_MAGIC):
        raise ModelFormatError("a record is no Java object stream")
    import javaobj.v2 as javaobj

    # It logs every unusual byte; the error below says what matters.
    logging.getLogger("javaobj").setLevel(logging.CRITICAL + 1)
    try:
        return javaobj.loads(data)  # type: ignore[attr-defined]  # it names no exports
    except Exception as e:  # the parser raises what corrupt bytes lead it to
        raise _corrupt(e) from e


def _corrupt(error: Exception) -> ModelFormatError:
    return ModelFormatError(f"a Java object stream is corrupt ({type(error).__name__}: {error})")


def _rank(element: Any) -> tuple[tuple[str, str], int]:
    pair, rank = _field(element, "_1"), _value(_field(element, "_2"))
    left, right = _value(_field(pair, "_1")), _value(_field(pair, "_2"))
    if not isinstance(left, str) or not isinstance(right, str) or not isinstance(rank, int):
        raise ModelFormatError("a list of merges holds something else than pairs of str with an int")
    return (left, right), rank


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
    raise ModelFormatError(f"an object has no field {name}")


def _value(item: Any) -> Any:
    """A Python str or int of a java.lang.String or a boxed number."""
    text = getattr(item, "value", None)
    if isinstance(text, str):
        return str(text)
    if hasattr(item, "field_data"):
        item = _field(item, "value")
    return int(item) if isinstance(item, int) else item
