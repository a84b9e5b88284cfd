"""Words repeat: what was computed for one is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

_WORDS = 65_536
_LONGEST = 64  # longer ones are rare, and could fill the memory


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """The function with its last 65,536 results for words of up to 64 characters kept. They must not be changed."""
    kept = lru_cache(maxsize=_WORDS)(function)
    return lambda word: kept(word) if len(word) <= _LONGEST else function(word)
