"""A `Chain` in this process, without Spark."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sparkcls.rows.answers import Answers, joined
from sparkcls.rows.chain import Chain, Chained
from sparkcls.spark.udf import over
from sparkcls.spark.windows import windows

#: Rows that are sorted by length and scored together: nobody waits for the first ones.
WINDOW = 8_192


def answers_here(chain: Chain, function: Chained, texts: Sequence[Sequence[str | None]]) -> Answers:
    """The answers of rows.

    Parameters
    ----------
    function
        The chain's row function; no other thread may use it meanwhile.
    texts
        As many columns of texts as the chain reads, of one length.
    """
    columns = tuple(pd.Series(list(column), dtype=object) for column in texts)
    try:
        return joined(list(over(function, windows([columns], chain.read, WINDOW, WINDOW))))
    finally:
        function.recover()
