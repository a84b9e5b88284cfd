"""Whether files are what they were, as far as a filesystem tells without their being read."""

from __future__ import annotations

import time
from pathlib import Path

from sparkcls.models.checksums import is_settled, stamp_of
from sparkcls.models.layout import DECISIVE, decisive_files


class Watch:
    """The stamps of all that decides what a model folder is: its files, and the folders in which one could appear.

    Raises
    ------
    OSError
        The folder is not there.
    """

    def __init__(self, folder: Path):
        inside = {(folder / name).parent for name in DECISIVE}
        paths = [folder, *sorted(path for path in inside - {folder} if path.is_dir()), *decisive_files(folder).values()]
        # Strings, because this is asked for every text.
        self._paths = [*map(str, paths)]
        since = time.time()
        self._stamps = [*map(stamp_of, self._paths)]
        #: See `is_settled`.
        self.is_settled = all(is_settled(stamp, since) for stamp in self._stamps)

    def holds(self) -> bool:
        """Whether nothing has changed since."""
        try:
            return [*map(stamp_of, self._paths)] == self._stamps
        except OSError:
            return False
