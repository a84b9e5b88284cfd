"""What `sparkcls classify` does with an input: answers on the terminal, or written by a job."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import time
from typing import Any

import sparkcls
from sparkcls._version import __version__
from sparkcls.cli.arguments.model import classifier_of, names_of
from sparkcls.cli.quality import quality_lines
from sparkcls.cli.saying import say
from sparkcls.errors import ColumnError
from sparkcls.jobs.job import Job, only_one
from sparkcls.jobs.output import Output
from sparkcls.jobs.quality import Quality, quality_of
from sparkcls.jobs.source import CORRUPT, Opened, Source
from sparkcls.report.terminal import one_line, table
from sparkcls.spark.columns import quoted
from sparkcls.spark.spreading import spread, task_slots
from sparkcls.summary import Summary
from sparkcls.summary.about import About, versions_here

#: Rows that are shown, columns of the input that are shown beside the texts, and rows of a part for each task slot.
_SHOWN, _BESIDE, _ROWS_A_SLOT = 20, 2, 2_000
_TEXT, _CELL = 60, 24


class Answering:
    """A classifier with the input that it is to read.

    Raises
    ------
    ParamError, ColumnError
        An argument cannot be used, or a column is not there.
    ModelNotFoundError, ModelFormatError
        There is no such model, or it cannot be used.
    """

    def __init__(self, spark: Any, args: argparse.Namespace, source: Source):
        self._spark, self._args, self._source = spark, args, source
        self._input: Opened = source.open(spark)
        self._text: str = args.text_col or "text"
        self._ids = names_of(args.id_col, "--id-col") if args.id_col else self._input.columns
        if args.text_col is None and self._text not in self._input.columns:
            raise ColumnError(f"Name the column of texts with --text-col: {', '.join(self._input.columns)}")
        self._input.check_columns(self._text, *self._ids)
        say("loading the model")
        self._classifier = classifier_of(args)
        self._began = time.monotonic()
        # What is wrong with columns is told before anything is read.
        self._answers = [name for name in self._classify(self._rows()).columns if name not in self._rows().columns]

    def _rows(self) -> Any:
        """The columns that are kept, and the texts."""
        names = dict.fromkeys([*self._ids, self._text, *(n for n in self._input.frame.columns if n == CORRUPT)])
        return self._input.frame.select(*map(quoted, names))

    def _classify(self, rows: Any) -> Any:
        try:
            return self._classifier(rows, self._text, prefix=self._args.prefix)
        except ColumnError as e:
            if "already" in str(e):
                raise ColumnError(
                    f"{str(e).partition('.')[0]}, and one of this name is added: give --prefix, such as --prefix "
                    "predicted_, or rename it, or leave it out with --id-col"
                ) from e
            raise

    def show(self) -> int:
        """Print the first rows and the counts; how many rows failed or could not be read whole."""
        rows = self._rows() if self._args.limit is None else self._rows().limit(self._args.limit)
        say("scoring the first rows")
        self._print_table(self._classify(rows.limit(_SHOWN)))
        quality = quality_of(rows, self._input.lines)
        scored = self._classify(spread(rows, task_slots(self._spark)))
        with sparkcls.progress(self._classifier.model.name, quality.rows, session=self._spark):
            summary = sparkcls.summarize(scored, self._text, self._args.prefix)
        return self._print_summary(summary, quality, summary.rows)

    def write(self, output: Output) -> int:
        """Write all rows with their answers; how many rows failed or could not be read whole."""
        args, spark = self._args, self._spark
        output.check_apart(self._input.files)
        slots = task_slots(spark)
        rows = Opened(self._rows(), self._input.kind, self._input.files).ordered()
        if args.limit is not None:
            rows = rows.limit(args.limit)
        job = Job(
            rows, self._input.lines, self._classify, self._made_from(), output, args.part_rows or slots * _ROWS_A_SLOT
        )
        with only_one(output):
            job.check(spark, args.overwrite)
            say("reading the input")
            work, parts = job.begin(spark, args.resume, args.overwrite)
            left = sum(part.rows for part in parts)
            if left < work.rows:
                say(f"{work.rows - left:,} of {work.rows:,} rows are done already")
            self._began = time.monotonic()
            with sparkcls.progress(self._classifier.model.name, left, session=spark):
                scored = job.score(spark, work, parts, slots)
            summary = sparkcls.summarize(scored, self._text, args.prefix)
            bad = self._print_summary(summary, work.quality, left)
            hidden = [] if args.scores else [f"{args.prefix}scores"]
            kept = {*self._ids, *self._answers, CORRUPT}
            hidden += [name for name in scored.columns if name == self._text and name not in kept]
            say("writing the output")
            for line in job.finish(spark, work, scored, hidden):
                say(line)
        print(f"output: {output.path} ({work.rows:,} rows)")
        return bad

    def _made_from(self) -> dict[str, Any]:
        """All that answers depend on."""
        stage = self._classifier.classifier
        params = {p.name: str(value) for p, value in stage.extractParamMap().items() if p.name != "model"}
        listed = json.dumps([(file.path, file.size, file.modified) for file in self._input.files])
        size = sum(file.size for file in self._input.files)
        arguments = {name: value for name, value in vars(self._source).items() if name not in ("paths", "format")}
        if not self._input.files:
            # Of Delta no files are listed. A list, as JSON gives it back.
            arguments["paths"] = list(self._source.paths)
        return {
            "input": f"{self._input.kind}, {len(self._input.files)} files, {size} bytes, "
            + hashlib.sha256(listed.encode()).hexdigest()[:16],
            "arguments of the input": arguments,
            "columns": [*self._rows().columns],
            "--text-col": self._text,
            "--limit": self._args.limit,
            "--prefix": self._args.prefix,
            "model": self._classifier.model.digest,
            "Params": params,
            "sparkcls": __version__,
        }

    def _print_table(self, rows: Any) -> None:
        beside = [name for name in self._ids if name != self._text][:_BESIDE]
        answers = [self._args.prefix + name for name in ("label", "confidence")]
        head = [*beside, self._text, *answers]
        lines = []
        for row in rows.select(*map(quoted, head)).collect():
            *values, text, label, confidence = row
            cells = [one_line("" if value is None else str(value), _CELL) for value in values]
            score = "" if confidence is None else f"{confidence:.3f}"
            lines.append([*cells, one_line(text or "", _TEXT), "" if label is None else one_line(label, _CELL), score])
        print("\n".join(table([head, *lines], numbers=1)), end="\n\n", flush=True)

    def _print_summary(self, summary: Summary, quality: Quality, scored: int) -> int:
        seconds = time.monotonic() - self._began
        model = self._classifier.model
        about = About(
            model=model.name,
            digest=model.digest,
            versions=versions_here(),
            seconds=seconds,
            rows_per_second=scored / seconds if scored else None,
        )
        summary = dataclasses.replace(summary, about=about)
        print(summary)
        print(quality_lines(quality, f"; kept, with the column {CORRUPT}"), end="")
        if self._args.report is not None:
            print(f"report: {summary.report(self._args.report)}")
        return summary.failed + quality.bad
