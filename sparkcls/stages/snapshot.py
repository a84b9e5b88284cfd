"""Whether Params are still what they were: what was made of a stage holds until they are set anew."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any


class Snapshot:
    """The Params of a stage at one time, defaults included.

    Attributes
    ----------
    stage
        A copy with these Params, which nobody else sets. What is to hold as long as they do is made of it: of the stage
        itself another thread may change them and change them back meanwhile, unseen.
    """

    def __init__(self, stage: Any):
        self._stage = stage
        self.stage = copy(stage)
        # Of the values too, because a list or dict can be changed in place.
        self.stage._paramMap, self.stage._defaultParamMap = (
            dict(zip(of, deepcopy([*of.values()]), strict=True))
            for of in (dict(stage._paramMap), dict(stage._defaultParamMap))
        )
        self._names, self._values = _names_and_values(self.stage)

    def holds(self) -> bool:
        """Whether all are what they were. It takes a microsecond or two, because it is asked for every text."""
        names, values = _names_and_values(self._stage)
        # Lists of the same objects are compared without a call of Python.
        return values == self._values and names == self._names


def _names_and_values(stage: Any) -> tuple[tuple[list[Any], list[Any]], tuple[list[Any], list[Any]]]:
    given, default = stage._paramMap, stage._defaultParamMap
    return ([*given], [*default]), ([*given.values()], [*default.values()])
