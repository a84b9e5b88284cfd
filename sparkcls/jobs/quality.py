"""What could not be read of an input: counted, never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from sparkcls.jobs.source import CORRUPT, REPLACEMENT, quoted

#: Characters of an example.
_CHARACTERS = 200


@dataclass(frozen=True)
class Quality:
    """Of an input's rows, how many...

    Attributes
    ----------
    corrupt
        ...could not be read whole: too many or too few fields, or no JSON. They are kept, with `CORRUPT`.
    examples
        The beginnings of two of them.
    undecodable
        ...have bytes that are no text in the encoding, in whose place the character U+FFFD stands.
    """

    corrupt: int = 0
    examples: tuple[str, ...] | list[str] = ()
    undecodable: int = 0


def quality_of(rows: Any) -> Quality:
    """Count, in one pass."""
    corrupt = quoted(CORRUPT) if CORRUPT in rows.columns else F.lit(None).cast("string")
    texts = [quoted(f.name) for f in rows.schema.fields if isinstance(f.dataType, StringType) and f.name != CORRUPT]
    undecodable = F.lit(False)
    for text in texts:
        undecodable = undecodable | F.coalesce(text.contains(REPLACEMENT), F.lit(False))
    example = F.substring(corrupt, 1, _CHARACTERS)
    # Examples in the same pass: by themselves Spark does not read them from CSV and JSON.
    found = rows.agg(F.count(corrupt), F.count(F.when(undecodable, 1)), F.min(example), F.max(example)).first()
    return Quality(found[0], sorted({text for text in found[2:] if text is not None}), found[1])
