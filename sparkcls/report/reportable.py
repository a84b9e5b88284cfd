"""What writes a report of itself."""

from __future__ import annotations

import os
from pathlib import Path

from sparkcls.errors import ParamError, ParamFileError, ParamTypeError
from sparkcls.report.page import Page, document, fragment
from sparkcls.temporary import in_the_making


class Reportable:
    """A base that gives `report`, and shows itself in notebooks."""

    def page(self) -> Page:
        """What its report holds."""
        raise NotImplementedError

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the report: one HTML file that needs no network and runs no script. One that is there is replaced.

        The file gets its name when it is complete.

        Parameters
        ----------
        path
            Of a file of this machine.

        Returns
        -------
        The same.

        Raises
        ------
        ParamTypeError
            It is no path.
        ParamError
            It is a folder, or a URI.
        ParamFileError
            Its folder is not there.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise ParamTypeError(f"report(path) takes the path of a file as str, got {path!r}")
        name = os.fspath(path)
        if "://" in name or name.startswith("dbfs:"):
            raise ParamError(f"report({name!r}): expected a file of this machine; write it there, then copy it")
        file = Path(name)
        if file.is_dir() or not file.name:
            raise ParamError(f"report({name!r}): this is a folder; add the file's name, such as report.html")
        if not file.parent.is_dir():
            raise ParamFileError(f"report({name!r}): there is no folder {file.parent}; make it first")
        with in_the_making(file) as work:
            work.write_text(document(self.page()), encoding="utf-8", newline="\n")
        return file

    def _repr_html_(self) -> str:
        return fragment(self.page())
