"""Whether Params are still what they were: what was made of a stage holds until they are set anew."""

from __future__ import annotations

from copy import deepcopy

from pyspark.ml.param import Params


class Snapshot:
    """The Params of a stage at one time, defaults included."""

    def __init__(self, stage: Params):
        self._stage = stage
        self._names = [*stage._paramMap], [*stage._defaultParamMap]
        # Copies, because a list or dict can be changed in place.
        self._values = deepcopy(([*stage._paramMap.values()], [*stage._defaultParamMap.values()]))

    def holds(self) -> bool:
        """Whether all are what they were. It takes a microsecond or two, because it is asked for every text."""
        given, default = self._stage._paramMap, self._stage._defaultParamMap
        # Lists of the same objects are compared without a call of Python.
        return ([*given.values()], [*default.values()]) == self._values and ([*given], [*default]) == self._names
