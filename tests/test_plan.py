import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sparkcls.cli import main
from sparkcls.errors import ParamError
from sparkcls.plan.command import _number, _whole, duration

DOCS = Path(__file__).parent.parent / "docs"


def run(capsys, *arguments):
    code = main(["plan", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def plan(capsys, *arguments):
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_cores_by_hand(capsys):
    found = plan(capsys, "--rows", "1e9", "--rate", 40, "--tokens", 60, "--cores", 512, "--price", 0.05)
    assert found["wordpieces"] == 60_000_000_000
    assert found["rows_per_second"] == 512 * 40
    assert found["wall_seconds"] == pytest.approx(48_828, abs=1)
    assert found["unit_hours"] == pytest.approx(6_944.4, abs=0.1)
    assert found["cost"] == pytest.approx(347.2, abs=0.1)
    assert (found["executors"], found["cores_per_executor"], found["unused"]) == (128, 4, 0)
    # 10 minutes at 40 rows/s are 24,000 rows: 41,667 tasks, and the next multiple of 512.
    assert found["partitions"] == 41_984
    assert found["rows_per_partition"] == 23_819
    # 4 GiB of heap give 410 MB; 1,100 MB of a worker, and for the three others and headroom 5 times 188 more.
    assert found["confs"]["spark.executor.memory"] == "4096m"
    assert found["confs"]["spark.executor.memoryOverhead"] == "2560m"
    assert found["overhead_summed_mb"] == 256 * math.ceil((409.6 + 4400) / 1.048576 / 256)
    assert found["arrow_rows"] == 10_000


def test_memory_is_that_of_the_documents(capsys):
    found = plan(capsys, "--rows", 10, "--rate", 1, "--cores", 4)
    table = (DOCS / "spark-submit.md").read_text()
    once, summed = found["overhead_mb"] / 1024, found["overhead_summed_mb"] / 1024
    assert re.search(rf"4 workers where shared pages count once.*\| {once:g} GB \|\n", table)
    assert re.search(rf"4 workers where each process counts.*\| {summed:g} GB \|\n", table)
    large = plan(capsys, "--rows", 10, "--rate", 1, "--cores", 4, "--weights", 1268)
    assert large["overhead_mb"] - found["overhead_mb"] in (1280, 1536), "1,000 MB more in float32, and half in 16 bits"


def test_gpus_by_hand(capsys):
    found = plan(capsys, "--rows", "1e9", "--rate", 7857, "--gpus", 8)
    assert found["unit_hours"] == pytest.approx(35.35, abs=0.01)
    assert (found["executors"], found["wordpieces"]) == (8, None)
    confs = found["confs"]
    assert confs["spark.executor.resource.gpu.amount"] == "1"
    assert float(confs["spark.task.resource.gpu.amount"]) * int(confs["spark.executor.cores"]) == pytest.approx(
        1, abs=0.01
    )


def test_the_h100_of_the_document(capsys):
    ((hours, arguments),) = re.findall(
        r"So a billion such texts are ([\d.]+) hours of that machine:\s+`sparkcls plan (.*?)`",
        (DOCS / "scaling.md").read_text(),
    )
    found = plan(capsys, *arguments.split())
    assert found["wall_seconds"] / 3600 == pytest.approx(float(hours), abs=0.05)
    assert found["confs"]["spark.executor.cores"] == "16"
    assert math.floor(1 / float(found["confs"]["spark.task.resource.gpu.amount"])) == 16


def test_gpu_shares_of_three_tasks_fit(capsys):
    # Spark runs floor(1 / amount) tasks on a GPU, so a third may not be rounded up.
    amount = plan(capsys, "--rows", 9, "--rate", 9, "--gpus", 1, "--cores-per-executor", 3)["confs"]
    assert math.floor(1 / float(amount["spark.task.resource.gpu.amount"])) == 3


def test_twice_the_rows_take_twice_as_long_and_twice_the_cores_half(capsys):
    once = plan(capsys, "--rows", "1e8", "--rate", 25, "--cores", 64)
    rows = plan(capsys, "--rows", "2e8", "--rate", 25, "--cores", 64)
    cores = plan(capsys, "--rows", "1e8", "--rate", 25, "--cores", 128)
    assert rows["wall_seconds"] == pytest.approx(2 * once["wall_seconds"])
    assert rows["partitions"] == pytest.approx(2 * once["partitions"], abs=64)
    assert cores["wall_seconds"] == pytest.approx(once["wall_seconds"] / 2)
    assert cores["unit_hours"] == pytest.approx(once["unit_hours"])


def test_executors_and_left_over_cores(capsys):
    arguments = ("--rows", "1e6", "--rate", 25, "--cores", 10, "--cores-per-executor", 4)
    found = plan(capsys, *arguments)
    assert (found["executors"], found["unused"], found["rows_per_second"]) == (2, 2, 200)
    assert "cores left over" in run(capsys, *arguments)[1]
    assert plan(capsys, "--rows", "1e6", "--rate", 25, "--cores", 3)["cores_per_executor"] == 3


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        *[(text, 10**6) for text in ("1e6", "1M", "1m", "1000k", "1_000_000", "1,000,000", "0.001B", "1 M", "1E+6")],
        *[("1B", 10**9), ("1G", 10**9), ("1.1k", 1100), ("0.3M", 300_000), ("7", 7), ("2T", 2 * 10**12)],
    ],
)
def test_numbers_as_people_write_them(written, rows):
    assert _number(written, "--rows", _whole) == rows


@pytest.mark.parametrize(
    "written", ["", "M", "1MM", "1,00,000", "1,5M", "1__0", "1.2.3", "1e999", "1e9999999999", "0x10", "1/2", "+1"]
)
def test_what_is_no_number(written):
    with pytest.raises(ParamError, match="expected a whole number, at least 1, such as 1000000, 1e6 or 1M"):
        _number(written, "--rows", _whole)


@pytest.mark.parametrize("rows", [1, 5_000, 100_000, 10**7, 10**11])
def test_partitions(capsys, rows):
    found = plan(capsys, "--rows", rows, "--rate", 40, "--cores", 16)
    assert 1 <= found["partitions"] <= 100_016
    assert found["partitions"] * found["rows_per_partition"] >= rows
    assert found["partitions"] <= 16 or found["partitions"] % 16 == 0
    if rows == 1:
        assert found["partitions"] == 1
    if rows == 100_000:
        assert found["partitions"] == 48  # three for every slot


def test_long_texts(capsys):
    def arrow_rows(tokens):
        return plan(capsys, "--rows", 1000, "--rate", 1, "--cores", 2, "--tokens", tokens)["arrow_rows"]

    assert arrow_rows(400) == 3 * 2048  # 16 MB of 2,400 bytes
    assert arrow_rows(512) == 2 * 2048


GOOD = {"--rows": "10", "--rate": "10", "--cores": "4"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--rows": "0"}, "--rows 0: expected a whole number"),
        ({"--rows": "-1"}, "--rows -1: expected a whole number"),
        ({"--rows": "1.5"}, "--rows 1.5: expected a whole number"),
        ({"--rows": "many"}, "--rows many: expected a whole number"),
        ({"--rows": "inf"}, "--rows inf: expected a whole number"),
        ({"--rows": None}, "needs --rows N and --rate R"),
        ({"--rate": None}, "one core as `sparkcls bench` measures them, or of one GPU in a job over a sample"),
        ({"--rate": "0"}, "--rate 0: expected a number greater than 0"),
        ({"--tokens": "nan"}, "--tokens nan: expected a number greater than 0"),
        ({"--weights": "-1"}, "--weights -1: expected a number greater than 0"),
        ({"--cores": "0"}, "--cores 0: expected a whole number"),
        ({"--cores": None}, "needs one of --cores N and --gpus N"),
        ({"--gpus": "1"}, "needs one of --cores N and --gpus N"),
        ({"--price": "-3"}, "--price -3: expected a number greater than 0"),
        ({"--cores-per-executor": "5"}, "--cores-per-executor 5: expected at most --cores, 4"),
    ],
)
def test_bad_arguments_give_one_sentence(capsys, changes, said):
    arguments = [f"{name}={value}" for name, value in (GOOD | changes).items() if value is not None]
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("sparkcls: ")
    assert err.count("\n") == 1


def test_durations():
    said = [duration(s) for s in (0.5, 59.7, 60, 3599, 3600, 48_815, 300_000)]
    assert said == ["0.5 s", "59.7 s", "1 min", "1 h 0 min", "1 h 0 min", "13 h 34 min", "3 d 11 h"]


def test_the_example_of_the_document_is_what_the_command_prints(capsys):
    ((arguments, expected),) = re.findall(
        r"```console\n\$ sparkcls plan (.*?)\n(.*?)\n```", (DOCS / "scaling.md").read_text(), re.S
    )
    code, out, err = run(capsys, *arguments.split())
    assert (code, err) == (0, "")
    assert out.rstrip("\n") == expected


def test_needs_neither_torch_nor_spark():
    code = (
        "import sys\n"
        "for name in ('torch', 'pyspark', 'transformers'): sys.modules[name] = None\n"
        "from sparkcls.cli import main\n"
        "sys.exit(main(['plan', '--rows', '1e6', '--rate', '60', '--cores', '8']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "wall time" in done.stdout
