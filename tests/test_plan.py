import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sparkcls.cli import main
from sparkcls.errors import ParamError
from sparkcls.plan import figures as figures
from sparkcls.plan.command import _number, _whole
from sparkcls.plan.report import duration
from tests.models import save_tiny_model

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
    found = plan(capsys, "--rows", "1e9", "--tokens", 60, "--cores", 512, "--price", 0.05)
    # 6 layers of 8 * 768^2 + 4 * 768 * 3072 operations a wordpiece, and 4 * 768 for each of 60 others.
    flops = 60 * (84_934_656 + 18_432 * 60)
    assert found["flops_per_row"] == flops == 5_162_434_560
    assert found["wordpieces"] == 60_000_000_000
    # 90 % of 459 GFLOP/s on two cores.
    assert found["rows_per_second_per_unit"] == pytest.approx(206.55e9 / flops) == pytest.approx(40.01, abs=0.01)
    assert found["rows_per_second"] == pytest.approx(512 * 40.01, rel=1e-3)
    assert found["wall_seconds"] == pytest.approx(48_815, abs=5)
    assert found["unit_hours"] == pytest.approx(6_942.6, abs=1)
    assert found["cost"] == pytest.approx(347.1, abs=0.1)
    assert (found["executors"], found["cores_per_executor"], found["unused"]) == (128, 4, 0)
    # 10 minutes at 40.01 rows/s are 24,006 rows: 41,657 tasks, and the next multiple of 512.
    assert found["partitions"] == 41_984
    assert found["rows_per_partition"] == 23_819
    # 4 GiB of heap give 410 MB; 1,000 MB of a worker, and for the three others and headroom 4.5 times 140 more.
    assert found["confs"]["spark.executor.memory"] == "4096m"
    assert found["confs"]["spark.executor.memoryOverhead"] == "2048m"
    assert found["overhead_summed_mb"] == 256 * math.ceil((409.6 + 4000) / 1.048576 / 256)
    assert found["arrow_rows"] == 10_000


def test_gpus_by_hand(capsys):
    found = plan(capsys, "--rows", "1e9", "--tokens", 60, "--gpus", 8, "--gpu", "A100")
    assert found["precision"] == "mixed"
    assert found["rows_per_second_per_unit"] == pytest.approx(0.13 * 312e12 / 5_162_434_560)
    assert found["ceiling_per_unit"] == pytest.approx(312e12 / 5_162_434_560)
    assert found["unit_hours"] == pytest.approx(35.36, abs=0.01)
    assert found["executors"] == 8
    confs = found["confs"]
    assert confs["spark.executor.resource.gpu.amount"] == "1"
    assert float(confs["spark.task.resource.gpu.amount"]) * int(confs["spark.executor.cores"]) == pytest.approx(
        1, abs=0.01
    )
    slower = plan(capsys, "--rows", "1e9", "--tokens", 60, "--gpus", 8, "--gpu", "a100", "--precision", "float32")
    assert slower["rows_per_second_per_unit"] == pytest.approx(0.29 * 19.5e12 / 5_162_434_560)
    assert "never measured on a GPU" in " ".join(found["notes"])
    assert any("published by others" in a["source"] for a in found["assumptions"])


def test_gpu_shares_of_three_tasks_fit(capsys):
    # Spark runs floor(1 / amount) tasks on a GPU, so a third may not be rounded up.
    amount = plan(capsys, "--rows", 9, "--tokens", 9, "--gpus", 1, "--cores-per-executor", 3)["confs"]
    assert math.floor(1 / float(amount["spark.task.resource.gpu.amount"])) == 3


def test_a_fast_gpu_gets_cores_to_feed_it(capsys):
    found = plan(capsys, "--rows", "1e9", "--tokens", 60, "--gpus", 1, "--rate", 100_000)
    assert found["cores_per_executor"] == 12  # 6 million wordpieces a second, twice


def test_twice_the_rows_take_twice_as_long(capsys):
    once = plan(capsys, "--rows", "1e8", "--tokens", 100, "--cores", 64)
    twice = plan(capsys, "--rows", "2e8", "--tokens", 100, "--cores", 64)
    for key in ("wall_seconds", "unit_hours", "wordpieces"):
        assert twice[key] == pytest.approx(2 * once[key])
    assert twice["partitions"] == pytest.approx(2 * once["partitions"], abs=64)


def test_twice_the_cores_take_half_as_long_for_the_same_core_hours(capsys):
    once = plan(capsys, "--rows", "1e8", "--tokens", 100, "--cores", 64)
    twice = plan(capsys, "--rows", "1e8", "--tokens", 100, "--cores", 128)
    assert twice["wall_seconds"] == pytest.approx(once["wall_seconds"] / 2)
    assert twice["unit_hours"] == pytest.approx(once["unit_hours"])


def test_longer_texts_and_the_smaller_model(capsys):
    def rate(*more):
        return plan(capsys, "--rows", 10, "--cores", 1, *more)["rows_per_second_per_unit"]

    assert rate("--tokens", 32) > 3.9 * rate("--tokens", 128)
    assert rate("--tokens", 56, "--precision", "mixed") > 1.5 * rate("--tokens", 56)
    # docs/benchmarks.md: the bundled model does 2.85 times the rows of the base shape.
    both = rate("--tokens", 56, "--precision", "mixed"), rate("--tokens", 56, "--precision", "mixed", "--size", "mini")
    assert both[1] / both[0] == pytest.approx(2.85, rel=0.05)


def test_a_measured_rate_replaces_the_estimate(capsys):
    found = plan(capsys, "--rows", "3.6e6", "--tokens", 60, "--cores", 8, "--rate", 25)
    assert found["rows_per_second"] == 200
    assert found["unit_hours"] == pytest.approx(40)
    said = " ".join(a["what"] + a["source"] for a in found["assumptions"])
    assert "your --rate" in said
    assert "EPYC" not in said


def test_executors_and_left_over_cores(capsys):
    found = plan(capsys, "--rows", "1e6", "--tokens", 60, "--cores", 10, "--cores-per-executor", 4)
    assert (found["executors"], found["unused"]) == (2, 2)
    assert found["rows_per_second"] == pytest.approx(8 * found["rows_per_second_per_unit"])
    assert "2 of 10 cores" in " ".join(found["notes"])
    assert plan(capsys, "--rows", "1e6", "--tokens", 60, "--cores", 3)["cores_per_executor"] == 3


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
    found = plan(capsys, "--rows", rows, "--tokens", 60, "--cores", 16)
    assert 1 <= found["partitions"] <= 100_016
    assert found["partitions"] * found["rows_per_partition"] >= rows
    assert found["partitions"] <= 16 or found["partitions"] % 16 == 0
    if rows == 1:
        assert found["partitions"] == 1
    if rows == 100_000:
        assert found["partitions"] == 48  # three for every slot


def test_long_texts(capsys):
    found = plan(capsys, "--rows", 1000, "--tokens", 400, "--cores", 2)
    assert found["arrow_rows"] == 3 * 2048  # 16 MB of 2,400 bytes
    assert "setMaxSentenceLength" in " ".join(found["notes"])
    assert plan(capsys, "--rows", 1000, "--tokens", 512, "--cores", 2)["arrow_rows"] == 2 * 2048


def test_models_of_this_machine(capsys, tmp_path, cache):
    folder = save_tiny_model(cache / "mine_en", ["a", "b"])
    capsys.readouterr()  # the bar of save_pretrained
    config = json.loads((cache / "mine_en" / "config.json").read_text())
    layers, dim, hidden = (config[k] for k in ("n_layers", "dim", "hidden_dim"))
    expected = 10 * layers * (8 * dim**2 + 4 * dim * hidden + 4 * dim * 10)
    for model in (folder, "mine"):
        assert plan(capsys, "--rows", 5, "--tokens", 10, "--cores", 1, "--model", model)["flops_per_row"] == expected
    code, out, err = run(capsys, "--rows", 5, "--tokens", 10, "--cores", 1, "--model", "far_off")
    assert (code, out) == (2, "")
    assert "sparkcls pull far_off" in err


GOOD = {"--rows": "10", "--tokens": "10", "--cores": "4"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--rows": "0"}, "--rows 0: expected a whole number"),
        ({"--rows": "-1"}, "--rows -1: expected a whole number"),
        ({"--rows": "1.5"}, "--rows 1.5: expected a whole number"),
        ({"--rows": "many"}, "--rows many: expected a whole number"),
        ({"--rows": "inf"}, "--rows inf: expected a whole number"),
        ({"--rows": None}, "needs --rows N and --tokens N"),
        ({"--tokens": None}, "needs --rows N and --tokens N"),
        ({"--tokens": "0"}, "--tokens 0: expected a number greater than 0"),
        ({"--tokens": "nan"}, "--tokens nan: expected a number greater than 0"),
        ({"--tokens": "513"}, "1 to 512 wordpieces"),
        ({"--cores": "0"}, "--cores 0: expected a whole number"),
        ({"--cores": None}, "needs --cores N or --gpus N"),
        ({"--gpus": "1"}, "--cores and --gpus: give one of them"),
        ({"--gpu": "t4"}, "say how many with --gpus N"),
        ({"--cores": None, "--gpus": "1", "--gpu": "abacus"}, "--gpu abacus: expected one of t4, a10, a100, h100"),
        ({"--size": "huge"}, "--size huge: expected base or mini"),
        ({"--size": "base", "--model": "x"}, "--model and --size: give one of them"),
        ({"--precision": "int8"}, "--precision int8: expected float32 or mixed"),
        ({"--rate": "0"}, "--rate 0: expected a number greater than 0"),
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


def test_text_tells_every_assumption_with_its_source(capsys):
    arguments = ("--rows", "1e6", "--tokens", 60, "--cores", 8)
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    whole = " ".join(out.split())
    for assumption in plan(capsys, *arguments)["assumptions"]:
        assert assumption["source"]
        assert " ".join(f"{assumption['what']} [{assumption['source']}]".split()) in whole
    assert "the formula of docs/benchmarks.md" in whole
    assert max(map(len, out.splitlines())) <= 100


def test_durations():
    said = [duration(s) for s in (0.5, 59.7, 60, 3599, 3600, 48_815, 300_000)]
    assert said == ["0.5 s", "59.7 s", "1 min", "1 h 0 min", "1 h 0 min", "13 h 34 min", "3 d 11 h"]


def test_figures_are_those_of_the_documents():
    """If this fails, a measurement was repeated: take its figures over into sparkcls/plan/figures.py."""
    bench, engine, scaling = ((DOCS / f"{name}.md").read_text() for name in ("benchmarks", "engine", "scaling"))
    limit = re.search(r"(\d+) GFLOP/s in bfloat16, (\d+) in float32", bench)
    assert (figures.LIMIT["mixed"], figures.LIMIT["float32"]) == tuple(map(float, limit.groups()))
    for precision in figures.PRECISIONS:
        row = re.search(rf"\| sparkcls \| {precision} \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \| (\d+) \|", bench)
        measured = figures.SHARE[precision], figures.FIRST_ROW_S[precision], figures.OWN_MB[precision]
        assert measured == tuple(map(float, row.groups()))
    assert f"| sparkcls, bundled model | mixed | 478 | {figures.NARROW_SHARE} |" in bench
    assert "peak RSS\nwas 1.0 and 1.1 GB" in engine
    assert "180 MB for DistilBERT-base in `mixed`, 255 MB more" in engine
    assert f"{figures.TOKENISED_PER_SECOND / 1e6:.1f} million wordpieces a second" in scaling


@pytest.mark.parametrize("number", range(2))
def test_the_examples_of_the_document_are_what_the_command_prints(capsys, number):
    blocks = re.findall(r"```console\n\$ sparkcls plan (.*?)\n(.*?)\n```", (DOCS / "scaling.md").read_text(), re.S)
    assert len(blocks) == 2
    arguments, expected = blocks[number]
    code, out, err = run(capsys, *arguments.split())
    assert (code, err) == (0, "")
    assert out.rstrip("\n") == expected


@pytest.mark.parametrize(
    ("start", "arguments"),
    [
        ("a core, DistilBERT-base | float32", ("--cores", 512)),
        ("a core, DistilBERT-base | mixed", ("--cores", 512, "--precision", "mixed")),
        ("a core, bundled model | mixed", ("--cores", 512, "--precision", "mixed", "--size", "mini")),
        ("T4 (not measured by us) | mixed", ("--gpus", 8)),
        ("A10 (not measured by us) | mixed", ("--gpus", 8, "--gpu", "a10")),
        ("A100 (not measured by us) | mixed", ("--gpus", 8, "--gpu", "a100")),
        ("H100 (not measured by us) | mixed", ("--gpus", 8, "--gpu", "h100")),
    ],
)
def test_the_table_of_the_document(capsys, start, arguments):
    found = plan(capsys, "--rows", "1e9", "--tokens", 60, *arguments)
    rate, hours = (
        f"{found[key]:,.0f}" if found[key] >= 100 else f"{found[key]:.3g}"
        for key in ("rows_per_second_per_unit", "unit_hours")
    )
    assert f"| {start} | {rate} | {hours} | {duration(found['wall_seconds'])} |" in (DOCS / "scaling.md").read_text()


def test_needs_neither_torch_nor_spark():
    code = (
        "import sys\n"
        "for name in ('torch', 'pyspark', 'transformers'): sys.modules[name] = None\n"
        "from sparkcls.cli import main\n"
        "sys.exit(main(['plan', '--rows', '1e6', '--tokens', '60', '--cores', '8', '--size', 'mini']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "GFLOP a row" in done.stdout
