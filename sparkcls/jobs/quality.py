"""What could not be read of an input: counted, never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from sparkcls.jobs.source import CORRUPT, REPLACEMENT, odd_quotes
from sparkcls.spark.columns import quoted

#: Characters of an example.
_CHARACTERS = 200


@dataclass(frozen=True)
class Quality:
    """Of an input's rows, how many...

    Attributes
    ----------
    rows
        ...there are.
    corrupt
        ...could not be read whole: too many or too few fields, or no JSON. They are kept, with `CORRUPT`.
    examples
        The beginnings of two of them.
    undecodable
        ...have bytes that are no text in the encoding, in whose place the character U+FFFD stands.
    open_quotes
        Files of csv with an odd number of quotes: behind one that is never closed all is one field.
    """

    rows: int = 0
    corrupt: int = 0
    examples: tuple[str, ...] | list[str] = ()
    undecodable: int = 0
    open_quotes: tuple[str, ...] | list[str] = ()

    @property
    def bad(self) -> int:
        """How many are not what stands in the input."""
        return self.corrupt + self.undecodable


def quality_of(rows: Any, lines: Any = None) -> Quality:
    """Count, in one pass over the rows, and one over the lines of their files if these are given (see `Opened`)."""
    corrupt = F.col(CORRUPT) if CORRUPT in rows.columns else F.lit(None).cast("string")
    texts = [
        F.col(quoted(f.name)) for f in rows.schema.fields if isinstance(f.dataType, StringType) and f.name != CORRUPT
    ]
    undecodable = F.lit(False)
    for text in texts:
        undecodable = undecodable | F.coalesce(text.contains(REPLACEMENT), F.lit(False))
    example = F.substring(corrupt, 1, _CHARACTERS)
    # Examples in the same pass: by themselves Spark does not read them from CSV and JSON.
    found = rows.agg(
        F.count("*"), F.count(corrupt), F.count(F.when(undecodable, 1)), F.min(example), F.max(example)
    ).first()
    count, corrupted, replaced, *first = found
    examples = sorted({text for text in first if text is not None})
    return Quality(count, corrupted, examples, replaced, odd_quotes(lines) if lines is not None else [])
