"""What must be there before a case can run: texts in files, model folders, and Spark NLP's best settings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sparkcls.bench import flops, models, rival
from sparkcls.bench.inputs import SPARK_NLP_FAMILIES, Lengths, measure_lengths, read_texts, thin, write_texts
from sparkcls.bench.job import SMALL_BATCHES, Job, UnavailableError
from sparkcls.bench.process import run_job
from sparkcls.bench.settings import Case, Settings
from sparkcls.bench.shapes import HYPOTHESIS, TOPICS
from sparkcls.bench.systems import SPARK_NLP, System, find_system
from sparkcls.bench.texts import generate
from sparkcls.models.layout import ModelFolder, read_model_folder

#: Batch sizes that are tried for Spark NLP, and threads of a call: its default, and one, as slots are for.
_BATCH_SIZES = (1, 4, 8, 32)
_THREADS = (None, 1)
_TUNING_ROWS = 40
#: Rows of the action that loads the workers, a slot.
_WARM_ROWS = 16
_WARM_SEED, _SMALL_SEED = 1, 2
#: Tasks of the timed action, a slot: enough that slots end at about the same time.
_TASKS = 3


@dataclass(frozen=True)
class Prepared:
    """A case whose files are there."""

    settings: Settings
    case: Case
    work: Path
    lengths: Lengths
    thinned: list[int]
    folders: dict[str, ModelFolder]
    spark_nlp: rival.SparkNlp | None = None
    spark_nlp_options: dict[str, Any] = field(default_factory=dict)
    #: Why systems cannot run.
    skipped: dict[str, str] = field(default_factory=dict)

    def job(self, system: System) -> Job:
        """What a system's process must know."""
        name = system.name == SPARK_NLP
        return Job(
            system=system.name,
            module=system.module,
            model=str(self.work / "onnx" if name else self.folder(system).path),
            precision=system.precision,
            texts=str(self.work / ("slow.parquet" if system.slow else "rows.parquet")),
            first=str(self.work / "first.parquet"),
            warm=str(self.work / "warm.parquet"),
            small=str(self.work / "small.parquet"),
            slots=self.settings.slots,
            partitions=_TASKS * self.settings.slots,
            max_length=self.settings.max_length,
            options=self.spark_nlp_options if name else system.options,
            labels=list(TOPICS[: self.case.labels]),
        )

    def folder(self, system: System) -> ModelFolder:
        """The model of a system."""
        return self.folders[system.model or self.case.model]

    def work_of(self, system: System) -> dict[str, int]:
        """Wordpieces and operations of a system's rows, as the system reads them."""
        lengths = self.lengths.sparknlp if system.name == SPARK_NLP else self.lengths.huggingface
        times = max(1, self.case.labels)
        if system.slow:
            lengths = [lengths[i] for i in self.thinned]
        return {
            # A text is read once for each label, with a sentence of much the same length.
            "wordpieces": times * sum(lengths),
            "flops": times * flops.of_texts(lengths, self.folder(system)),
            "needed_flops": times * flops.needed(lengths, self.folder(system)),
        }


def prepare(
    settings: Settings,
    case: Case,
    place: Path,
    log: Path,
    say: Callable[[str], None],
    spark_nlp: rival.SparkNlp | str | None = None,
) -> Prepared:
    """Write the files of a case to a folder and find out which systems can run.

    Parameters
    ----------
    spark_nlp
        Spark NLP's environment, or why there is none.

    Raises
    ------
    SparkclsError
        The texts or the model cannot be used.
    """
    say("texts and models")
    # Those of the case before: a model of 250,000 pieces has a gigabyte.
    shutil.rmtree(place / "models", ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    texts = read_texts(case.texts, settings.column, settings.rows)
    names = {case.model, *(s.model for s in settings.systems if s.model)}
    folders = {
        name: read_model_folder(models.prepare(name, place / "models" / Path(name).name, texts)) for name in names
    }
    second = HYPOTHESIS.format(TOPICS[0]) if case.labels else None
    lengths = measure_lengths(texts, folders[case.model], settings.max_length, second)
    thinned = thin(lengths.huggingface, settings.slow_rows)
    slow = [texts[i] for i in thinned]
    for name, part in (
        ("rows", texts),
        ("slow", slow),
        # Other texts than the timed ones, so that nobody can have kept their results.
        ("first", generate("news", 1, _WARM_SEED)),
        ("warm", generate("news", _WARM_ROWS * settings.slots, _WARM_SEED)),
        ("small", generate("news", max(SMALL_BATCHES.values()), _SMALL_SEED)),
        ("tuning", slow[:_TUNING_ROWS]),
    ):
        write_texts(part, place / f"{name}.parquet")
    skipped = _unfit(settings, case, folders[case.model])
    if isinstance(spark_nlp, str):
        skipped = {SPARK_NLP: spark_nlp} | skipped
    prepared = Prepared(settings, case, place, lengths, thinned, folders, skipped=skipped)
    if isinstance(spark_nlp, rival.SparkNlp) and SPARK_NLP not in skipped:
        try:
            return _with_spark_nlp(prepared, spark_nlp, log, say)
        except UnavailableError as e:
            return replace(prepared, skipped=skipped | {SPARK_NLP: str(e)})
    return prepared


def _unfit(settings: Settings, case: Case, folder: ModelFolder) -> dict[str, str]:
    """Why systems cannot run the model of a case, by their names."""
    found = {}
    for system in settings.systems:
        if system.name == SPARK_NLP and folder.family.model_type not in SPARK_NLP_FAMILIES:
            found[system.name] = (
                f"the model is written for Spark NLP only where it is of {', '.join(SPARK_NLP_FAMILIES)}; it is of "
                f"{folder.family.model_type}"
            )
        elif case.labels and system.module not in ("ours", "hf_pipeline", "limit"):
            found[system.name] = "it is no zero-shot classifier"
    return found


def _with_spark_nlp(prepared: Prepared, found: rival.SparkNlp, log: Path, say: Callable[[str], None]) -> Prepared:
    system = find_system(SPARK_NLP)
    say("Spark NLP's model as ONNX")
    models.export_onnx(prepared.folder(system).path, prepared.work / "onnx")
    tried: dict[str, dict[str, float]] = {}
    best: tuple[float, dict[str, Any]] = (0.0, {})
    for threads in _THREADS:
        say(f"Spark NLP's best batch size, threads a call: {threads or 'its default'}")
        options = found.options | {"threads": threads}
        job = replace(
            prepared.job(system),
            texts=str(prepared.work / "tuning.parquet"),
            options=options | {"tune": _BATCH_SIZES},
        )
        rates: dict[str, float] = run_job(job, prepared.work, log, found.python)["tuned"]
        tried[str(threads or "default")] = rates
        size = max(rates, key=rates.__getitem__)
        best = max(best, (rates[size], options | {"batch_size": int(size)}), key=lambda pair: pair[0])
    return replace(prepared, spark_nlp=found, spark_nlp_options=best[1] | {"tried": tried})
