"""Damaged files of every kind that sparkcls reads, and what comes out of reading them.

python -m tests.fuzz 100000              that many inputs over all targets, some minutes for each 10,000
python -m tests.fuzz 5000 pieces config  of these targets alone
python -m tests.fuzz 5000 --seed 7       other damages; the same seed gives the same ones

Only errors of sparkcls may come out, within `LONGEST` seconds and `MOST` bytes of memory. Everything else is printed once a
kind, with the first input that does it, which is kept in the folder that is named at the end. Each target runs in a
process of its own, so that one that dies or hangs is reported too. A short run is part of the tests (`test_fuzz.py`).
"""

from __future__ import annotations

import argparse
import copy
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkcls.errors import SparkclsError

#: Seconds and bytes that one input may take.
LONGEST, MOST = 5.0, 1 << 30
_TELLING = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0", b"\xff", b"q\0\x7e\0\0"]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 0.5, -0.0, 10**9, 10**30, float("inf"), float("nan")),
    *("", "x", "6", "\ud800", "\0", "../x", "(", "(a+)+$", "[[:x]", "\\p{L}{99999999999}", "x" * 5000, "é\u2028"),
    *([], {}, [[]], [None], ["a", 1], {"a": None}, {"": ""}),
]


def mutants(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Seeds with bytes changed, cut out, doubled or overwritten by telling values."""
    random_ = random.Random(seed)
    for _ in range(count):
        yield mutated(random_.choice(seeds), random_)


def mutated(seed: bytes, random_: random.Random) -> bytes:
    """One of `mutants`."""
    data = bytearray(seed)
    for _ in range(random_.choice((1, 1, 2, 5))):
        at = random_.randrange(len(data) + 1)
        kind = random_.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = random_.randrange(256)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            piece = random_.choice(_TELLING)
            data[at : at + len(piece)] = piece
        elif kind == 3:
            del data[at : at + random_.randrange(1, 9)]
        else:
            data[at:at] = data[at : at + random_.randrange(1, 30)]
    return bytes(data)


def mutated_json(seed: bytes, random_: random.Random) -> bytes:
    """JSON with values replaced, removed or moved, which is JSON again; JSON inside of strings is changed too."""
    content = json.loads(seed)
    for _ in range(random_.choice((1, 1, 1, 2, 4))):
        places = list(_places(content))
        if not places:
            break
        where, key = random_.choice(places)
        kind = random_.randrange(8)
        if kind == 0:
            del where[key]
        elif kind == 1:
            other, its_key = random_.choice(places)
            where[key] = copy.deepcopy(other[its_key])
        elif kind == 2 and isinstance(where, dict):
            where[random_.choice(["", "x", "\ud800", key.upper()])] = where.pop(key)
        elif kind == 3 and isinstance(where[key], str) and where[key].startswith("{"):
            where[key] = mutated_json(where[key].encode(), random_).decode()
        elif kind == 4:
            where[key] = json.loads("[" * 400 + "]" * 400)
        else:
            where[key] = copy.deepcopy(random_.choice(_VALUES))
    return json.dumps(content).encode()


def _places(content: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Where values stand in JSON; of large lists and of depths only a part."""
    for key in list(content) if isinstance(content, dict) else range(min(len(content), 50)):
        yield content, key
        if isinstance(content[key], (dict, list)) and depth < 20:
            yield from _places(content[key], depth + 1)


@dataclass
class Target:
    """Files to damage, one at a time, and how they are then read."""

    files: list[Path]
    read: Callable[[], object]
    seeds: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seeds = [file.read_bytes() for file in self.files]

    def run(self, random_: random.Random) -> bytes:
        """Read one damaged file. Raises whatever reading does; the file is whole again afterwards."""
        number = random_.randrange(len(self.files))
        file, seed = self.files[number], self.seeds[number]
        is_json = seed.lstrip()[:1] == b"{" and random_.random() < 0.7
        data = (mutated_json if is_json else mutated)(seed, random_)
        file.write_bytes(data)
        try:
            self.read()
        finally:
            file.write_bytes(seed)
        return data


def targets(folder: Path) -> dict[str, Callable[[], Target]]:
    """What is damaged, by name; each is set up in the folder when it is called."""
    from tests.models import save_tiny_model

    model = save_tiny_model(folder / "model", ["red", "green"])
    (model / "assets").mkdir()
    (model / "assets" / "labels.txt").write_text("red\ngreen\n", encoding="utf-8")
    (model / "sparkcls.json").write_text('{"params": {"maxSentenceLength": 40, "threshold": 0.4}}', encoding="utf-8")

    def of_model(*names: str) -> Target:
        return Target([model / name for name in names], lambda: _classify(model))

    return {
        "config": lambda: of_model("config.json"),
        "tokenizer": lambda: of_model("tokenizer.json"),
        "tokenizer_config": lambda: of_model("tokenizer_config.json"),
        "labels": lambda: of_model("assets/labels.txt", "sparkcls.json"),
        "weights": lambda: of_model("model.safetensors"),
        "metadata": lambda: _saved(folder, model, "stages/*/metadata/part-*"),
        "pipeline": lambda: _saved(folder, model, "metadata/part-*"),
        "pieces": lambda: _saved(folder, model, "stages/*/files/part-*"),
        "archive": lambda: _archive(folder),
        "sparknlp": lambda: _sparknlp(folder),
        "classifiers": lambda: _classifiers(folder),
    }


def _classify(model: Path) -> None:
    from sparkcls.stages.distilbert import DistilBertForSequenceClassification

    stage = DistilBertForSequenceClassification.loadSavedModel(model)
    _annotate(stage.setInputCols("document", "token"))


def _annotate(classifier: Any) -> None:
    from pyspark.ml import PipelineModel

    from sparkcls.base import DocumentAssembler, LightPipeline
    from sparkcls.stages.tokenizer import Tokenizer

    first = [DocumentAssembler().setInputCol("text"), Tokenizer().setInputCols(["document"])]
    LightPipeline(PipelineModel([*first, classifier])).annotate("a good movie")


def _saved(folder: Path, model: Path, pattern: str) -> Target:
    """A pipeline of all stages, as sparkcls saves it."""
    from pyspark.ml import PipelineModel

    from sparkcls import annotator
    from sparkcls.base import DocumentAssembler, Finisher, LightPipeline
    from sparkcls.pipelines.saved import write_pipeline
    from sparkcls.stages.token_assembler import TokenAssembler

    stages = [
        DocumentAssembler(inputCol="text", outputCol="raw"),
        annotator.DocumentNormalizer(inputCols=["raw"], outputCol="document"),
        annotator.SentenceDetector(inputCols=["document"], outputCol="sentence", customBounds=["!"]),
        annotator.Tokenizer(inputCols=["sentence"], outputCol="token", exceptions=["New York"]),
        annotator.Normalizer(inputCols=["token"], outputCol="normal", cleanupPatterns=["[^a-z]"]),
        annotator.StopWordsCleaner(inputCols=["normal"], outputCol="clean", stopWords=["the"]),
        annotator.Stemmer(inputCols=["clean"], outputCol="stem"),
        TokenAssembler(inputCols=["sentence", "stem"], outputCol="again"),
        annotator.DistilBertForSequenceClassification.loadSavedModel(model).setInputCols("sentence", "token"),
        Finisher(inputCols=["class"]),
    ]
    path = folder / "pipeline"
    write_pipeline(PipelineModel(stages), path)
    digests = Path(os.environ["SPARKCLS_CACHE"]) / ".digests"

    def read() -> None:
        if "files" in pattern:
            # What is there is not read again, and the model itself is no place that is asked.
            shutil.rmtree(digests, ignore_errors=True)
            model.rename(folder / "away")
        try:
            LightPipeline.load(path).annotate("The New York movies were good! Fine.")
        finally:
            if "files" in pattern:
                (folder / "away").rename(model)

    return Target(sorted(path.glob(pattern)), read)


def _archive(folder: Path) -> Target:
    from sparkcls.formats.archive import extract

    file = folder / "m.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata/part-00000", "{}" * 50)
        archive.writestr("a", b"")

    def read() -> None:
        try:
            extract(file, folder / "out")
        finally:
            shutil.rmtree(folder / "out", ignore_errors=True)

    return Target([file], read)


def _sparknlp(folder: Path) -> Target:
    """Pipelines that Spark NLP saved."""
    from sparkcls.pretrained import importPipeline

    pipelines = []
    for number, file in enumerate(sorted((Path(__file__).parent / "golden" / "pipelines").glob("*.zip"))):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder / "sparknlp" / str(number))
        pipelines.append(folder / "sparknlp" / str(number))
    files = [f for p in pipelines for f in sorted(p.rglob("part-*")) if f.stat().st_size]

    def read() -> None:
        # All of them, because the target does not tell which is damaged; each is small.
        for pipeline in pipelines:
            importPipeline(pipeline)

    return Target(files, read)


def _classifiers(folder: Path) -> Target:
    """Classifiers that Spark NLP saved: with byte pairs and their merges, and with a file of SentencePiece."""
    from sparkcls.formats.convert import convert_folder

    saved = []
    for name in ("roberta", "albert"):
        with zipfile.ZipFile(Path(__file__).parent / "data" / "sparknlp" / "families" / f"{name}.zip") as archive:
            archive.extractall(folder / "classifiers" / name)
        saved.append(folder / "classifiers" / name)
    files = [f for s in saved for f in sorted(s.rglob("*")) if f.is_file() and f.stat().st_size and f.suffix != ".crc"]

    def read() -> None:
        # Both, because the target does not tell which is damaged.
        for source in saved:
            convert_folder(source, folder / "made")
            shutil.rmtree(folder / "made")

    return Target(files, read)


# --- running ------------------------------------------------------------------------------------


def kind_of(error: BaseException) -> str:
    """What tells errors apart: class, and the last line of sparkcls that it came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/sparkcls/" in f.filename]
    where = f"{frames[-1].filename.rpartition('/sparkcls/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}"


class _TooLong(BaseException):
    pass


def _stop(*_: Any) -> None:
    raise _TooLong(f"more than {LONGEST:g} s")


def survey(target: Target, count: int, seed: int, keep: Callable[[bytes, str, str], None]) -> Counter[str]:
    """Read `count` damaged files; how many were "fine" and "refused". `keep` gets every other input, its kind and why."""
    outcomes: Counter[str] = Counter()
    # Whoever runs this may have a timer too.
    handler, (left, _) = signal.signal(signal.SIGALRM, _stop), signal.setitimer(signal.ITIMER_REAL, 0)
    for number in range(count):
        random_ = random.Random(f"{seed}.{number}")
        state = random_.getstate()
        began, said = time.monotonic(), ""
        signal.setitimer(signal.ITIMER_REAL, LONGEST)
        try:
            target.run(random_)
            outcome = "fine"
        except SparkclsError:
            outcome = "refused"
        except BaseException as e:
            if isinstance(e, KeyboardInterrupt):
                raise
            outcome, said = kind_of(e), str(e)[:200]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if time.monotonic() - began > LONGEST:
            outcome = f"{time.monotonic() - began:.0f} s, then {outcome}"
        outcomes[outcome] += 1
        if outcome not in ("fine", "refused"):
            random_.setstate(state)
            keep(_input(target, random_), outcome, said)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, left)
    return outcomes


def _input(target: Target, random_: random.Random) -> bytes:
    """The damaged file once more, without reading it."""
    read, target.read = target.read, lambda: None
    try:
        return target.run(random_)
    finally:
        target.read = read


def _in_process(name: str, count: int, seed: int, findings: Path, results: Any) -> None:
    os.environ["SPARKCLS_CACHE"] = tempfile.mkdtemp(prefix="cache-", dir=findings)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=findings))
    try:
        target = targets(folder)[name]()
        target.read()
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST, used + MOST))

        def keep(data: bytes, kind: str, said: str) -> None:
            file = findings / f"{name} {kind}".replace("/", ".")
            if not file.exists():
                file.write_bytes(data)
                print(f"{name}: {kind}: {said}", flush=True)

        results.put((name, survey(target, count, seed, keep)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(os.environ["SPARKCLS_CACHE"], ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line; its status is 1 if anything foreign came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, help="damaged files in all")
    parser.add_argument("target", nargs="*", help="which to damage; default: all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    findings = Path(tempfile.mkdtemp(prefix="sparkcls-fuzz-"))
    os.environ.pop("SPARKCLS_EVENTS", None)
    with tempfile.TemporaryDirectory() as temporary:
        known = list(targets(Path(temporary)))
    names = options.target or known
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(known)}")
    context = multiprocessing.get_context("spawn")
    foreign = 0
    for name in names:
        results = context.SimpleQueue()
        count, began = options.count // len(names), time.monotonic()
        process = context.Process(target=_in_process, args=(name, count, options.seed, findings, results))
        process.start()
        process.join()
        outcomes = Counter({f"died with {process.exitcode}": 1}) if results.empty() else results.get()[1]
        other = sum(outcomes.values()) - outcomes["fine"] - outcomes["refused"]
        foreign += other
        took = time.monotonic() - began
        print(
            f"{name}: {outcomes['fine']} fine, {outcomes['refused']} refused, {other} foreign, {took:.0f} s", flush=True
        )
    print(f"{foreign} foreign in all; inputs that did it are in {findings}")
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
