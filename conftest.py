"""Fixtures shared by all tests: a session (classic, or Connect with `--connect`), tiny models, isolation."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest

#: Outcomes of this run by test function.
_outcomes: dict[str, Counter[str]] = defaultdict(Counter)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--connect", action="store_true", help="run the tests that need Spark through Spark Connect, without Java"
    )
    parser.addoption("--record", metavar="FILE", help="add the outcomes to a record, see tests/compatibility.py")


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.getoption("--record")
    if file:
        from tests.compatibility import record

        record(Path(file), "connect" if session.config.getoption("--connect") else "classic", _outcomes)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _outcomes[report.nodeid.partition("[")[0]][report.outcome] += 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if {"spark", "cluster"} & {*getattr(item, "fixturenames", ())} or "cluster" in item.path.parts:
            item.add_marker(pytest.mark.slow)
    if config.getoption("--connect"):
        with_spark = [item for item in items if "spark" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in with_spark])
        items[:] = with_spark


def pytest_report_header(config: pytest.Config) -> str:
    def version(package: str) -> str:
        # A machine with a GPU for tests/gpu may have no Spark.
        return f"{package} {metadata.version(package) if util.find_spec(package) else 'absent'}"

    mode = "Spark Connect" if config.getoption("--connect") else "classic Spark"
    return f"{mode}, {', '.join(map(version, ('pyspark', 'torch', 'transformers')))}"


@pytest.fixture(scope="session", autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the user's cache, a store or a network hub; workers use this interpreter."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SPARKCLS_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("SPARKCLS_MIRROR", str(tmp_path_factory.mktemp("mirror")))
    patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hub")))
    patch.setenv("SPARKCLS_EVENTS", str(tmp_path_factory.mktemp("events") / "events.jsonl"))
    # What `auto` means differs between machines, and so would what tests expect.
    patch.setenv("SPARKCLS_PRECISION", "float32")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        patch.setenv(name, "1")
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        patch.setenv(name, sys.executable)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def is_connect(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--connect"))


@pytest.fixture(scope="session")
def spark(isolation: None, is_connect: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session with two task slots; on Connect that of a server in another process, and without Java here."""
    from pyspark.sql import SparkSession

    confs = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "2g",
        "spark.python.daemon.module": "sparkcls.daemon",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    with ExitStack() as stack:
        builder = SparkSession.builder.appName("sparkcls tests")
        if is_connect:
            from tests.cluster.connect import connect_server, without_java

            # UDFs of tests are read from `tests` in the workers too.
            environment = {"PYTHONPATH": str(Path(__file__).parent)}
            folder = tmp_path_factory.mktemp("connect")
            server = stack.enter_context(connect_server(folder, confs=confs, environment=environment))
            stack.enter_context(without_java())
            session = builder.remote(server.url).getOrCreate()
        else:
            for name, value in confs.items():
                builder = builder.config(name, value)
            session = builder.master("local[2]").getOrCreate()
            session.sparkContext.setLogLevel("ERROR")
        assert type(session).__module__.startswith("pyspark.sql.connect") == is_connect
        yield session
        session.stop()


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """Nothing configured, and no session heard of, before the test and after it."""
    from sparkcls import settings

    settings.forget()
    yield
    settings.forget()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("SPARKCLS_CACHE", str(folder))
    return folder


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every bundled model has these figures, in the file of this path."""
    table = [
        ["label", "precision", "recall", "f1-score", "support"],
        ["NEGATIVE", "0.750", "1.000", "0.857", "3"],
        ["POSITIVE", "1.000", "0.750", "0.857", "4"],
        ["accuracy", "", "", "0.857", "7"],
    ]
    facts = {"data": "sentences of a test", "rows": "7", "wordpieces": "12", "digest": "sha256:0", "table": table}
    (tmp_path / "figures").mkdir()
    file = tmp_path / "figures" / "evaluation.json"
    file.write_text(json.dumps(facts))
    monkeypatch.setattr("sparkcls.catalogue.measured.bundled_folder", lambda name: file.parent)
    return file


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random three-label model with a lower-case vocabulary; tests must not change it."""
    # Brings torch and transformers, which tests of strings do without.
    from tests.models import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny", ["red", "green", "blue"])


@pytest.fixture(scope="session")
def bundled() -> Any:
    """The stage of the bundled model with its columns set; copy it before changing Params."""
    from sparkcls.annotator import DistilBertForSequenceClassification

    return (
        DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
        .setInputCols(["token", "document"])
        .setOutputCol("class")
    )


@pytest.fixture
def events() -> Callable[[], list[dict[str, Any]]]:
    """Events of model loads and forward passes, in all processes, since the fixture was asked for."""
    file = Path(os.environ["SPARKCLS_EVENTS"])
    start = file.stat().st_size if file.exists() else 0

    def read() -> list[dict[str, Any]]:
        if not file.exists():
            return []
        with open(file, encoding="utf-8") as f:
            f.seek(start)
            return [json.loads(line) for line in f]

    return read
