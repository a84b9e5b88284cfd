"""A job from its input to its output, broken off and gone on with any number of times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout

from sparkcls.catalogue.paths import local_path
from sparkcls.errors import JobError, ParamError
from sparkcls.jobs.listing import exists
from sparkcls.jobs.output import Here, Output, store_of
from sparkcls.jobs.scoring import score_parts
from sparkcls.jobs.source import CORRUPT, ORDER
from sparkcls.jobs.work import PART, Part, Work, changes, copy_input, read_work
from sparkcls.spark.columns import quoted
from sparkcls.temporary import own_folder


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Parameters
    ----------
    rows
        The input with the column `ORDER`.
    lines
        See `Opened`.
    classify
        From rows to rows with answers.
    made_from
        What the answers depend on, as JSON takes it: a job only goes on with the same.
    output
        Where they go.
    part_rows
        Rows that are scored and kept together.
    """

    rows: Any
    lines: Any
    classify: Callable[[Any], Any]
    made_from: dict[str, Any]
    output: Output
    part_rows: int

    def check(self, spark: Any, overwrite: bool) -> None:
        """Raise ParamError if there is an output already, and it is not to be replaced."""
        if not overwrite and exists(spark, self.output.path):
            raise ParamError(f"--out {self.output.path} exists; choose another name, or replace it with --overwrite")

    def begin(self, spark: Any, resume: bool, overwrite: bool) -> tuple[Work, list[Part]]:
        """The input, copied and cut into parts, and the parts that are to be scored.

        Raises
        ------
        JobError
            There is an unfinished job for this output, and it was not said what becomes of it; or it was made
            otherwise.
        """
        path = self.output.work
        found = read_work(spark, path)
        if found is not None and resume:
            different = changes(found.made_from, self.made_from)
            if different:
                raise JobError(
                    f"The unfinished job in {path} cannot go on, for its answers would not fit together:\n  "
                    + "\n  ".join(different)
                    + "\nGive what it was begun with, or begin again with --overwrite and without --resume"
                )
            return found, found.missing(spark)
        if found is not None and not overwrite:
            raise JobError(
                f"There is an unfinished job in {path}: go on with it with --resume, or begin again with --overwrite"
            )
        if Here.sees(path):
            Here().delete(path)
        made = copy_input(spark, path, self.rows, self.lines, self.made_from, self.part_rows)
        return made, list(made.parts)

    def score(self, spark: Any, work: Work, parts: list[Part], slots: int) -> Any:
        """Score parts; all rows with their answers, those of parts that were done before too."""
        score_parts(spark, work, parts, self.classify, slots)
        missing = [part for part in work.missing(spark) if part.rows]
        rows = work.done(spark)
        if missing or rows is None:
            raise JobError(
                f"{len(missing)} of {len(work.parts)} parts in {work.folder}/done are not complete, though they "
                "were written: does something else write or delete there? Go on with --resume"
            )
        return rows.drop(PART)

    def finish(self, spark: Any, work: Work, rows: Any, leave_out: list[str]) -> list[str]:
        """Write the output, give it its name, and remove what was needed for it; what is to be said of that.

        Parameters
        ----------
        leave_out
            Columns that are not written.
        """
        if not work.quality.corrupt:
            leave_out = [*leave_out, CORRUPT]
        rows = rows.select(*(quoted(name) for name in rows.columns if name not in leave_out))
        store = store_of(spark, f"{work.folder}/done")
        one_file = self.output.is_file and isinstance(store, Here)
        said = []
        if self.output.is_file and not one_file:
            said.append(
                f"{self.output.path} is a folder: it is in a file system of Spark's, where tasks write a file each"
            )
        if store is None or self.output.kind == "delta":
            self.output.write(rows, ORDER, self.output.path, one_file=False)
        else:
            self.output.write(rows, ORDER, f"{work.folder}/result", one_file)
            store.publish(f"{work.folder}/result", self.output.path, one_file)
        if store is None or not store.delete(work.path):
            said.append(f"{work.path} is no longer needed, and could not be removed from here; remove it")
        return said


@contextmanager
def only_one(output: Output) -> Iterator[None]:
    """Refuse a second job of this user for the same output on this machine, while one is running."""
    # The same name in another folder is another output.
    work = str(local_path(output.work) or output.work)
    name = hashlib.sha256(work.encode()).hexdigest()[:16]
    lock = FileLock(own_folder() / f"job-{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as e:
        raise JobError(f"Another job is writing {output.path} now; wait for it, or choose another --out") from e
    try:
        yield
    finally:
        lock.release()
