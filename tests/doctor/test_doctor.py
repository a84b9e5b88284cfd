"""`sparkcls doctor`: what it finds, without Spark but for one job."""

import json
import os
import re
import subprocess
import sys
import threading
from types import SimpleNamespace

import pyspark
import pytest

from sparkcls.cli import main
from sparkcls.doctor import cluster, command, network, versions
from sparkcls.doctor.cache import of_cache
from sparkcls.doctor.cluster import of_cluster, of_java, of_workers
from sparkcls.doctor.facts import PACKAGES, asking
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding, within
from sparkcls.doctor.machine import of_machine
from sparkcls.doctor.network import of_network
from sparkcls.doctor.versions import of_difference, of_versions
from tests.models import save_tiny_model

FACTS = {
    "host": "a",
    "python": "3.11.7",
    "executable": "/usr/bin/python",
    "system": "Linux x86_64",
    "versions": {package: "1.0" for package in PACKAGES},
    "cores": 8,
    "memory": 32_000_000_000,
    "threads": {},
    "processor": "vendor_id : GenuineIntel\nflags : avx512_bf16 amx_bf16",
    "torch": {"cuda": None, "gpus": []},
    "gpus_of_system": [],
    "cache": {"path": "/c", "free": 50_000_000_000},
}


def levels(found):
    return {(f.topic, f.level) for f in found}


def bad(found):
    return [f"{f.topic}: {f.text}. {f.advice}" for f in found if f.level != OK]


def machine(**changes):
    return list(of_machine({**FACTS, **changes}))


def test_a_sound_machine():
    assert bad(machine()) == []
    assert "8 cores, fast in bfloat16: precision auto is mixed" in str(machine()[3])
    assert "no fast bfloat16: precision auto is float32 here; 8-bit products" in str(
        machine(processor="vendor_id : GenuineIntel\nflags : avx512_vnni")[3]
    )


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"python": "3.9.1"}, PROBLEM, "Python: 3.9.1.*needs Python 3.10"),
        ({"python": "3.99.0"}, NOTE, "Python: 3.99.0"),
        ({"torch": None}, PROBLEM, "torch: is not installed.*pip install"),
        ({"torch": {"error": "no libcudart"}}, PROBLEM, "torch: cannot be imported: no libcudart"),
        (
            {"gpus_of_system": ["GPU 0: H100"]},
            PROBLEM,
            "GPU: GPU 0: H100 is there, but this torch is built without CUDA",
        ),
        (
            {"gpus_of_system": ["GPU 0: H100"], "torch": {"cuda": "12.4", "gpus": []}},
            PROBLEM,
            "torch sees none.*driver's version.*CUDA_VISIBLE_DEVICES",
        ),
        ({"cache": {"path": "/c", "free": 10**8}}, PROBLEM, "cache: /c, 0.1 GB free.*--clean"),
        ({"cache": {"path": "/c", "free": 2 * 10**9}}, NOTE, "cache: /c, 2.0 GB free"),
        (
            {"cache": {"path": "/c", "free": 10**12, "unwritable": "read-only"}},
            PROBLEM,
            "/c cannot be written.*SPARKCLS_CACHE",
        ),
        ({"cache": {"error": "no home"}}, PROBLEM, "cache: no home"),
    ],
)
def test_what_is_wrong_with_a_machine(changes, level, text):
    found = machine(**changes)
    assert [f.level for f in found if f.level != OK] == [level]
    assert re.search(text, bad(found)[0])


def test_facts_of_this_machine(cache):
    facts = json.loads(json.dumps(asking(seconds=100)()))
    assert facts.keys() == FACTS.keys()
    assert facts["versions"]["sparkcls"]
    assert facts["torch"]["gpus"] == [] or facts["torch"]["cuda"]
    assert facts["cache"]["path"] == str(cache)
    assert "unwritable" not in facts["cache"]


def test_versions_that_do_not_fit(monkeypatch):
    installed = {"pyspark": "4.0.0", "pandas": "1.5.3", "sparkcls": "0.3.0", "numpy": "2.0"}
    asked = {
        "pyspark": ["pandas>=2.0.0; extra == 'sql'", "grpcio>=1.67; extra == 'connect'", "numpy>=1.21; extra == 'sql'"],
        "sparkcls": ["pandas<3,>=1.5", "not a requirement!!", "torch>=2.2"],
    }

    def version(name):
        if name not in installed:
            raise versions.importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(versions.importlib.metadata, "version", version)
    monkeypatch.setattr(versions.importlib.metadata, "requires", lambda name: asked.get(name))
    assert bad(of_versions()) == [
        "versions: sparkcls 0.3.0 asks for torch>=2.2, which is not installed. pip install 'torch>=2.2'",
        "versions: pyspark 4.0.0 asks for pandas>=2.0.0, but 1.5.3 is installed. pip install 'pandas>=2.0.0'",
    ]
    assert "grpcio>=1.67, which is not installed" in " ".join(bad(of_versions(remote=True)))
    installed.pop("pyspark")
    assert not any("pyspark" in line for line in bad(of_versions())), "Spark's own is on the path, not installed"
    assert asking(packages=("pyspark", "torch"), seconds=0.01)()["versions"] == {
        "pyspark": pyspark.__version__,
        "torch": None,
    }
    monkeypatch.setattr(versions.importlib.util, "find_spec", lambda name: None)
    assert any("pyspark: is not installed" in line for line in bad(of_versions()))


def test_workers_that_differ():
    same = {**FACTS, "host": "b"}
    assert [str(f) for f in of_workers([same, same], FACTS)] == [
        str(Finding(OK, "worker b", "8 cores, no GPU, Python and libraries as here"))
    ]
    other = {
        **same,
        "python": "3.10.1",
        "versions": {**FACTS["versions"], "sparkcls": None, "pandas": "2.0", "torch": None},
    }
    assert bad(of_difference(FACTS, other)) == [
        "worker b: Python 3.10.1 (/usr/bin/python), the driver's is 3.11.7. Set spark.pyspark.python or PYSPARK_PYTHON to "
        "the same minor version",
        "worker b: sparkcls is not installed, the driver's is 1.0. Install the same version on all nodes",
        "worker b: pandas 2.0, the driver's is 1.0. Scores may differ in the last digits; the same is safer",
        "worker b: torch is not installed, the driver's is 1.0. Install torch on all nodes",
    ]
    full = {**same, "cache": {"path": "/c", "free": 1}}
    assert [(f.level, f.topic) for f in of_workers([full], FACTS)] == [(PROBLEM, "worker b")]


def test_damaged_models_and_half_downloads(cache):
    save_tiny_model(cache / "good_en", ["a", "b"])
    broken = save_tiny_model(cache / "broken_en", ["a", "b"])
    with open(broken / "model.safetensors", "r+b") as file:
        file.truncate(2_000)
    (cache / ".partial").mkdir()
    (cache / ".partial" / "half").write_bytes(b"x" * 2_000)
    problem, note = bad(of_cache())
    assert problem.startswith(f"models: {broken} is damaged: ")
    assert problem.endswith("Remove the folder; sparkcls pull broken fetches it anew")
    assert note == "models: 1 downloads that did not end, 2 kB. sparkcls models --clean removes what nobody is at"


def test_java_that_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "No Java found in JAVA_HOME" in bad(of_java(needed=True))[0]
    assert bad(of_java(needed=False)) == []


@pytest.fixture
def no_network(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in (*network._FILES, *network._FOLDERS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SPARKCLS_MIRROR", "http://127.0.0.1:9/store")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(network, "_PATIENCE", 3.0)


def test_a_mirror_that_does_not_answer_and_a_bundle_that_is_not_there(no_network, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/bundle.pem")
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://other:3128")
    monkeypatch.setenv("http_proxy", "proxy with blanks")
    found = list(of_network())
    assert levels(found) == {
        ("certificates", PROBLEM),
        ("proxy", NOTE),
        ("proxy", PROBLEM),
        ("proxy", OK),
        ("store", PROBLEM),
        ("Hub", OK),
    }
    text = "\n".join(map(str, found))
    assert "SSL_CERT_FILE=/no/such/bundle.pem cannot be read" in text
    assert "https_proxy and HTTPS_PROXY differ" in text
    assert "https_proxy=http://***@proxy:3128" in text
    assert "secret" not in text
    assert "Correct SPARKCLS_MIRROR" in text


def test_a_mirror_that_is_a_folder(no_network, monkeypatch, tmp_path):
    monkeypatch.setenv("SPARKCLS_MIRROR", str(tmp_path))
    assert bad(of_network()) == []


@pytest.fixture
def never():
    """What does not answer, until the test has ended."""
    ended = threading.Event()
    yield ended.wait
    ended.set()


def test_nothing_is_waited_for_longer_than_said(never):
    with pytest.raises(TimeoutError, match=r"no answer in 0\.05 seconds"):
        within(0.05, never)
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def test_a_cluster_that_does_not_answer(never, monkeypatch):
    monkeypatch.setattr(cluster, "_asked", lambda args, running: never())
    [line] = bad(of_cluster(SimpleNamespace(), FACTS, 0.05))
    assert "no answer in 0.05 seconds" in line
    assert "spark.driver.host" in line


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(command, "asking", lambda: lambda: FACTS)
    monkeypatch.setattr(command, "of_versions", lambda remote: iter([Finding(OK, "versions", "fit")]))


def test_the_command(quick, capsys, cache):
    assert main(["doctor", "--offline"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "ok       Python       3.11.7 on Linux x86_64, /usr/bin/python"
    assert main(["doctor", "--timeout", "0"]) == 2


def test_what_others_wait_for_does_not_end_this_process(quick, never, capsys, cache, monkeypatch):
    with pytest.raises(TimeoutError):
        within(0.05, never)
    monkeypatch.setattr(command.atexit, "register", lambda *_: pytest.fail("the exit code of pytest would be ours"))
    assert main(["doctor", "--offline"]) == 0


def test_problems_are_in_the_exit_code_and_one_fault_hides_nothing(quick, capsys, cache, monkeypatch):
    monkeypatch.setattr(command, "of_versions", lambda remote: 1 // 0)
    assert main(["doctor", "--offline", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["problems"] == 1
    [lost] = [f for f in said["findings"] if f["level"] == PROBLEM]
    assert (lost["topic"], lost["text"]) == (
        "versions",
        "cannot be looked at: ZeroDivisionError: integer division or modulo by zero",
    )
    assert {"Java", "models"} <= {f["topic"] for f in said["findings"]}


def test_it_runs_without_pyspark(tmp_path):
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from sparkcls.doctor import command\n"
        f"command.asking = lambda: lambda: {FACTS!r}\n"
        "from sparkcls.cli import main; sys.exit(main(['doctor', '--offline']))"
    )
    env = {**os.environ, "SPARKCLS_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    assert done.returncode in (0, 1), done.stderr
    assert "ok       models       0 in the cache can be read" in done.stdout
    assert "Java" not in done.stdout


def test_workers_are_asked(spark, monkeypatch, capsys):
    """The job itself, in the session that is running; what it tells is this very machine."""
    monkeypatch.setattr("sparkcls.doctor.cluster.asking", lambda: asking(("sparkcls", "pyspark", "pandas")))
    here = asking(("sparkcls", "pyspark", "pandas"))()
    found = list(of_cluster(SimpleNamespace(conf=[], master=None, remote=None), {**here, "torch": None}, 300))
    assert {(f.topic, f.level) for f in found if f.topic in ("Spark", "daemon")} == {("Spark", OK), ("daemon", OK)}
    # torch was not asked for, so it is missed there; Python and versions are the same.
    assert [f.text for f in found if f.topic.startswith("worker ") and "torch" not in f.text] == []
    assert any("torch: is not installed" in f.text for f in found)


def test_a_server_that_is_not_there_keeps_nobody_waiting(tmp_path):
    script = (
        "import sys; from sparkcls.doctor import command\n"
        f"command.asking = lambda: lambda: {FACTS!r}\n"
        "from sparkcls.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["doctor", "--offline", "--remote", "sc://127.0.0.1:1", "--timeout", "2"]
    env = {**os.environ, "SPARKCLS_CACHE": str(tmp_path)}
    # A client of Connect tries for ten minutes.
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=90, env=env
    )
    assert done.returncode == 1
    assert "no answer in 2 seconds" in done.stdout
