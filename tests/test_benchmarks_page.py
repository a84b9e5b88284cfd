"""docs/benchmarks.md is what the records say, and a record says what was measured."""

import json
import re
from pathlib import Path

import pytest

from sparkcls.bench.page import BEGIN, END, device, render
from sparkcls.bench.record import keep, of_gpu, of_run, read
from sparkcls.cli import main
from sparkcls.errors import ParamError, ParamFileError
from tests.test_bench import fake_results

DOCS = Path(__file__).parent.parent / "docs"
RECORDS = sorted((DOCS / "benchmarks").glob("*.json"))


def dated(**machine):
    results = fake_results()
    results["machine"] |= machine
    return results | {"date": "2030-01-02"}


def test_the_page_is_what_the_records_say():
    text = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    written = text.partition(BEGIN)[2].partition(END)[0]
    assert RECORDS
    assert written == f"\n\n{render([json.loads(file.read_text()) for file in RECORDS])}\n"


def test_the_figures_of_the_gpu_are_those_of_the_engines_page():
    engine = (DOCS / "engine.md").read_text()
    (found,) = (record for file in RECORDS if "gpu" in (record := json.loads(file.read_text()))["machine"])
    assert found["machine"]["gpu"] in engine
    for row in found["texts"]:
        cells = [f"{row[name]:,}" for name in ("wordpieces", "mixed", "share", "transformers", "float32")]
        assert f"| {' | '.join(cells)} |" in engine
    for rate in found["processes"].values():
        assert f"{rate:,}" in engine


def test_a_run_is_kept_by_day_and_device_and_shown(tmp_path):
    page = tmp_path / "speed.md"
    file = keep(dated(), page)
    assert file == tmp_path / "speed" / "2030-01-02-a-cpu-2-cores-no-amx.json"
    text = page.read_text()
    # 50 rows a second (40, 60, 50); at most 500, and over the rival's 12, 5, 10 that.
    assert "| news, model base | sparkcls | mixed | 50 | 500 | 0.125 |" in text
    assert "| news, model base | rows/s | sparkcls | predict-batch | 5 (4 to 10) | 50 |" in text
    assert (
        "| 2030-01-02 | A CPU, 2 cores (no AMX) | news, model base | sparkcls (mixed) |  | **5**, at most 50 |  |"
        in text
    )
    assert "Limit by matrix multiplication, GFLOP/s: 100 in float32; 400 in bfloat16." in text
    assert "Not measured: spark-nlp: no network." in text


def test_other_cases_devices_and_remarks_stay(tmp_path):
    page = tmp_path / "speed.md"
    page.write_text(f"# Mine\n\nbefore\n\n{BEGIN}\nformer tables\n{END}\n\nafter\n")
    file = keep(dated(), page)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"remark": "A remark."}))
    other = dated()
    other["cases"][0]["title"] = "phrases, model base"
    keep(other, page)
    again = dated()
    again["cases"][0]["rows"] = 12345
    keep(again, page)
    keep(dated(cpu="Another"), page)
    text = page.read_text()
    assert text.startswith("# Mine\n\nbefore\n\n")
    assert text.endswith("\n\nafter\n")
    assert "former tables" not in text
    assert text.count("A remark.") == 1
    assert text.count("news, model base: 12,345 rows") == 1
    assert text.count("phrases, model base: 100 rows") == 1
    assert text.count("### 2030-01-02: ") == 2


def test_a_gpus_figures(tmp_path):
    figures = {
        "date": "2030-01-02",
        "device": "A GPU",
        "torch": "9.9",
        "GEMM torch.float16, TFLOP/s": {"768": 620.0, "3072": 667.04, "square": 700.0},
        "mixed, 56 wordpieces": {"texts/s": 9.0, "texts/s model alone": 79234.5, "share of limit": 0.5678},
        "float32, 56 wordpieces": {"texts/s model alone": 10600.0},
        "transformers, batches of 32, 56 wordpieces, texts/s": 5170.0,
        "mixed, 56 wordpieces, 16 processes, texts/s": 62500.0,
        "mixed, 8 to 120 wordpieces, texts/s": 5.0,
    }
    kept = of_gpu(figures)
    assert kept["limits"] == {"float16": 667.0}
    assert kept["processes"] == {"16": 62500}
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    page = tmp_path / "speed.md"
    assert main(["bench", "--results", str(tmp_path / "figures.json"), "--record", str(page)]) == 0
    assert (tmp_path / "speed" / "2030-01-02-a-gpu.json").exists()
    assert "| 56 | 79,200 | 0.568 | 10,600 | 5,170 |" in page.read_text()


@pytest.mark.parametrize(
    ("flags", "generation", "said"),
    [
        (["avx2"], "", "X, 1 core (no AMX)"),
        (["avx2", "avx512f", "avx512_bf16"], "Zen 5", "X, 1 core (Zen 5, AVX-512 with bfloat16, no AMX)"),
        (["avx512f", "avx512_bf16", "amx_bf16"], "", "X, 1 core (AVX-512 with bfloat16, AMX)"),
        ([], "", "X, 1 core"),
    ],
)
def test_a_device_is_named_by_what_makes_it_fast(flags, generation, said):
    assert device({"cpu": "X", "cores": 1, "flags": flags, "generation": generation}) == said


def test_nothing_that_only_this_machine_has_is_kept():
    results = dated(os="Linux-5.4-of-somebody")
    assert "somebody" not in json.dumps(of_run(results))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, ParamFileError, "cannot be read"),
        ("{", ParamError, "not JSON"),
        ("[]", ParamError, "expected the results.json of `sparkcls bench`"),
        (json.dumps(fake_results()), ParamError, 'it holds no day; add "date": "YYYY-MM-DD"'),
    ],
)
def test_what_is_no_result(tmp_path, content, error, message):
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(error, match=re.escape(message)):
        read(file)


def test_a_page_without_a_place_is_refused_before_anything_is_measured(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# Mine\n")
    assert main(["bench", "--record", str(page)]) == 2
    assert f"{BEGIN!r}" in capsys.readouterr().err
    assert main(["bench", "--record", str(tmp_path / "page.html")]) == 2
    assert "expected a page of Markdown" in capsys.readouterr().err
    assert main(["bench", "--results", "results.json"]) == 2
    assert "--results needs --record PAGE.md" in capsys.readouterr().err
    assert page.read_text() == "# Mine\n"
