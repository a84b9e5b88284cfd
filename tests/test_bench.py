import json
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from sparkcls.bench import chart, flops, memory, needs, rival, side_by_side
from sparkcls.bench.inputs import measure_lengths, read_texts, thin
from sparkcls.bench.job import Job, UnavailableError
from sparkcls.bench.models import BUNDLED_NAME, random_model
from sparkcls.bench.process import run_job
from sparkcls.bench.report import markdown
from sparkcls.bench.settings import Case, Settings, parse_models, parse_systems
from sparkcls.bench.shapes import MEASURED, SHAPES
from sparkcls.bench.summary import Spread, figures, limits, ratios
from sparkcls.bench.systems import DEFAULT, FULL, GEMM, NAMES, find_system
from sparkcls.bench.texts import DISTRIBUTIONS, generate
from sparkcls.catalogue.resolve import resolve
from sparkcls.cli import main
from sparkcls.errors import ColumnError, ParamError, ParamFileError
from sparkcls.models.layout import read_model_folder
from tests.families import save_tiny_family

# --- texts ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lengths():
    """Sorted wordpieces of 400 texts of each distribution."""
    folder = read_model_folder(resolve(BUNDLED_NAME).find_here())
    return {name: sorted(measure_lengths(generate(name, 400), folder, 512).huggingface) for name in DISTRIBUTIONS}


def test_generated_texts_are_the_same_everywhere():
    texts = generate("news", 50)
    assert texts == generate("news", 80)[:50]
    assert texts != generate("news", 50, seed=1)
    code = "from sparkcls.bench.texts import generate; import json; print(json.dumps(generate('news', 50)))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(other.stdout) == texts


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_generated_texts_differ(name):
    texts = generate(name, 2000)
    assert len(set(texts)) == 2000
    assert all(text.strip() for text in texts)


@pytest.mark.parametrize(("name", "least", "most"), [("phrases", 8, 16), ("news", 45, 65), ("reviews", 190, 290)])
def test_median_lengths(lengths, name, least, most):
    assert least <= median(lengths[name]) <= most


def test_reviews_are_cut_and_a_mix_is_skewed(lengths):
    assert lengths["reviews"].count(512) > 20
    mix = lengths["mix"]
    assert median(mix) < 20 < sum(mix) / len(mix)
    assert mix[-1] == 512


def test_a_thinned_sample_has_the_same_lengths():
    all_lengths = [length % 97 for length in range(1, 5000)]
    chosen = thin(all_lengths, 100)
    assert len(set(chosen)) == 100
    assert sum(all_lengths[i] for i in chosen) / 100 == pytest.approx(sum(all_lengths) / len(all_lengths), rel=0.01)
    assert chosen == thin(all_lengths, 100)
    assert sorted(thin([5, 3, 4], 10)) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "parquet"])
def test_files(tmp_path, kind):
    texts = ["one, two", 'three "four"', "five", "one, two", None]
    frame = pd.DataFrame({"n": range(5), "body": texts})
    path = tmp_path / f"texts.{kind}"
    if kind == "txt":
        path.write_text("\n".join(text or "" for text in texts))
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif kind == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    column = None if kind == "txt" else "body"
    assert sorted(read_texts(str(path), column, 10)) == ["five", "one, two", 'three "four"']
    assert len(read_texts(str(path), column, 2)) == 2


def test_lengths_in_spark_nlps_reading_count_only_first_pieces():
    folder = read_model_folder(resolve(BUNDLED_NAME).find_here())
    found = measure_lengths(["I won't", "good"], folder, 512)
    assert found.huggingface == [6, 3]  # [CLS] i won ' t [SEP]
    assert found.sparknlp[0] < 6
    assert measure_lengths(["good " * 50], folder, 16).huggingface == [16]


# --- the limit ------------------------------------------------------------------------------------


def test_operations_by_hand():
    folder = read_model_folder(resolve(BUNDLED_NAME).find_here())
    # Each of 6 layers: 4 matrices of 384 x 384 and 2 of 384 x 1536, and for each key and each value 384 numbers.
    assert flops.matrices(folder) == {(384, 384): 24, (384, 1536): 6, (1536, 384): 6}
    by_hand = 6 * 2 * (4 * 384 * 384 + 2 * 384 * 1536)
    factor = 6 * 2 * 2 * 384
    assert flops.of_texts([3, 1], folder) == 3 * (by_hand + 3 * factor) + by_hand + factor


def test_layers_that_share_their_weights_count_each_time(tmp_path):
    folder = read_model_folder(save_tiny_family(tmp_path / "albert", "albert", ["a", "b"], num_hidden_layers=3))
    assert flops.matrices(folder) == {(32, 32): 12, (32, 64): 3, (64, 32): 3}
    # The last of three layers, though its weights are those of the others.
    assert flops.needed([5], folder) == 5 * (2 * (2 * (4 * 32 * 32 + 2 * 32 * 64) + 2 * 32 * 32) + 2 * 4 * 32 * 5 + 128)


def test_what_no_engine_can_save_by_hand(tmp_path):
    folder = read_model_folder(resolve(BUNDLED_NAME).find_here())
    # Five layers as above; of the sixth keys and values, and one wordpiece that is compared with all.
    linear = 2 * (5 * (4 * 384 * 384 + 2 * 384 * 1536) + 2 * 384 * 384)
    assert flops.needed([7], folder) == 7 * (linear + 5 * 4 * 384 * 7 + 4 * 384)
    # Distances are no wordpieces, and a family without roles has as much to do.
    for family, compared in (("deberta-v2", 4 * 32 * 9 + 4 * 32), ("xlnet", 0)):
        folder = read_model_folder(save_tiny_family(tmp_path / family, family, ["a", "b"]))
        assert folder.shape.depth == 2
        assert flops.needed([9], folder) == 9 * (2 * (4 * 32 * 32 + 2 * 32 * 64 + 2 * 32 * 32) + compared)
    # One matrix for queries, keys and values, and a gate; each wordpiece sees a part of its text.
    folder = read_model_folder(save_tiny_family(tmp_path / "modernbert", "modernbert", ["a", "b"]))
    layer = 32 * 96 + 32 * 32 + 32 * 128 + 64 * 32
    assert flops.needed([9], folder) == 9 * 2 * ((folder.shape.depth - 1) * layer + 32 * 64)


def test_the_head_of_the_random_model_gives_every_class_its_share(tmp_path):
    import torch
    from transformers import pipeline

    texts = generate("news", 64)
    folder = random_model(tmp_path / "model", texts, n_layers=1, dim=48, hidden_dim=96, n_heads=4)
    with torch.inference_mode():
        results = pipeline("text-classification", str(folder), device="cpu")(texts)
    shares = pd.Series([result["label"] for result in results]).value_counts() / len(texts)
    assert len(shares) == 4
    assert shares.min() >= 0.1
    again = random_model(tmp_path / "again", texts, n_layers=1, dim=48, hidden_dim=96, n_heads=4)
    assert (again / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("name", MEASURED)
def test_each_shape_that_families_stands_for_runs(tmp_path, name):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from sparkcls import annotator
    from sparkcls.classification import CloseCalls, Decision
    from sparkcls.engine.cache import get_classifier
    from sparkcls.engine.contract import HUGGINGFACE, Reading
    from sparkcls.models.ref import ModelRef

    texts = generate("news", 8)
    small = {"num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    if name == "base":
        small = {"n_heads": 2, "dim": 32, "hidden_dim": 64, "n_layers": 1}
    if name == "deberta-v3-base":
        small["pooler_hidden_size"] = 32
    folder = read_model_folder(random_model(tmp_path, texts, name, vocab_size=15000, **small))
    lengths = measure_lengths(texts, folder, 64).huggingface
    assert min(lengths) > 8
    assert 0 < flops.needed(lengths, folder) < flops.of_texts(lengths, folder)
    assert hasattr(annotator, folder.family.zero_shot_stage if SHAPES[name].labels else folder.family.stage)
    # As the engine runs it, and the rivals beside it.
    classifier = get_classifier(ModelRef.of_folder("bench", str(folder.path)), "cpu", "float32")
    found = classifier.classify(texts, range(8), Reading(HUGGINGFACE, True, 64), CloseCalls(Decision()))
    assert [outcome.error for outcome in found] == [None] * 8
    # Weights of 10,000 and more in the head of so narrow a random model magnify float32's last digits: the logits of
    # transformers itself in float32 and float64 are 0.001 apart, where those of two texts differ by 3.
    tokenizer = AutoTokenizer.from_pretrained(folder.path)
    model = AutoModelForSequenceClassification.from_pretrained(folder.path, dtype=torch.float32).eval()
    for text, outcome in zip(texts, found, strict=True):
        with torch.inference_mode():
            logits = model(**tokenizer(text, truncation=True, max_length=64, return_tensors="pt")).logits[0]
        assert outcome.logits.tolist() == pytest.approx(logits.tolist(), abs=0.01)


# --- the report -----------------------------------------------------------------------------------


def record(system, repeat, rate, precision="float32", **more):
    return {
        "system": system,
        "repeat": repeat,
        "rows": 100,
        "seconds": 100 / rate,
        "rows_per_second": rate,
        "wordpieces_per_second": rate * 50,
        "flops_per_second": rate * 1e9,
        "needed_flops": 80e9,  # 0.8 thousand millions for each of 100 rows
        "precision": precision,
        "versions": {"python": "3"},
        **more,
    }


def fake_results():
    limit = {"gemm": {"rate": {"float32": 100e9, "bfloat16": 400e9}, "shapes": {}}}
    records = []
    for repeat, (ours, rival_rate, first) in enumerate([(40.0, 10.0, 4.0), (60.0, 12.0, 6.0), (50.0, 5.0, 8.0)]):
        worker = {"peak": 500.0 + repeat, "pss": 300.0, "own": 200.0}
        records += [
            {"system": GEMM, "repeat": repeat, **limit},
            record("sparkcls", repeat, ours, "mixed", first_row_seconds=2.0, memory={"workers": [worker], "jvm": []})
            | {"seconds_of_10": 0.5},
            record("sparkcls@bundled", repeat, ours * 5, "mixed", first_row_seconds=1.0),
            record("predict-batch", repeat, rival_rate, first_row_seconds=first, seconds_of_10=0.5 * (repeat + 2)),
            record("loop", repeat, ours * 1.25, "mixed"),
            record("loop-float32", repeat, 30.0),
        ]
    case = {
        "title": "news, model base",
        "rows": 100,
        "slow_rows": 30,
        "wordpieces": {"mean": 50.0, "median": 50, "least": 3, "most": 99},
        "spark_nlp": {},
        "skipped": {"spark-nlp": "no network"},
        "records": records,
    }
    machine = {"cpu": "A CPU", "cores": 2, "flags": ["avx2"], "memory_gb": 8.0, "os": "Linux"}
    return {"machine": machine, "settings": {"slots": 2, "repeats": 3, "max_length": 512}, "cases": [case]}


def test_medians_and_spread():
    case = fake_results()["cases"][0]
    ours = figures(case)["sparkcls"]
    assert (ours["rows_per_second"].median, ours["rows_per_second"].least, ours["rows_per_second"].most) == (50, 40, 60)
    # Mixed precision is measured against bfloat16's limit.
    assert ours["share"].median == pytest.approx(50 / 400)
    assert figures(case)["predict-batch"]["share"].median == pytest.approx(10 / 100)
    assert (ours["peak"].median, ours["peak"].most) == (501, 502)
    assert figures(case)["loop"]["first_row_seconds"] is None
    assert limits(case)["bfloat16"].median == 400e9
    # 400e9 operations a second, 0.8e9 for a row; in float32 100e9.
    assert ours["at_most"].median == pytest.approx(500)
    assert figures(case)["predict-batch"]["at_most"].median == pytest.approx(125)


def test_ratios_are_of_the_same_repeat():
    found = {(r.what, r.above, r.below): r.spread for r in ratios(fake_results()["cases"][0])}
    # 40/10, 60/12 and 50/5; the ratio of the medians is 5 as well, the spread is not.
    spread = found["rows/s", "sparkcls", "predict-batch"]
    assert (spread.median, spread.least, spread.most) == (5, 4, 10)
    assert found["time to the first row", "sparkcls", "predict-batch"].median == 3
    assert found["time of 10 rows", "sparkcls", "predict-batch"] == Spread(3, 2, 4)
    assert ("time of 100 rows", "sparkcls", "predict-batch") not in found, "nobody measured it"
    bounds = {(r.what, r.above, r.below): r.at_most for r in ratios(fake_results()["cases"][0])}
    # 500 rows a second over 10, 12 and 5; what starts is no matter of arithmetic.
    bound = bounds["rows/s", "sparkcls", "predict-batch"]
    assert [bound.median, bound.least, bound.most] == pytest.approx([50, 500 / 12, 100])
    assert bounds["time to the first row", "sparkcls", "predict-batch"] is None
    assert found["rows/s", "sparkcls", "loop"].median == pytest.approx(0.8)
    assert ("rows/s", "sparkcls", "loop-float32") not in found  # another precision
    assert found["rows/s, other model", "sparkcls@bundled", "sparkcls"].median == 5
    assert not any(rival_name == "predict-batch" for _, name, rival_name in found if name == "sparkcls@bundled")


def test_report():
    text = markdown(fake_results())
    assert "| sparkcls | mixed | 100 | 50.0 (40.0 to 60.0) |" in text
    assert "| rows/s | sparkcls | predict-batch | 5.00 (4.00 to 10.00) | at most 50.00 (41.67 to 100.00) |" in text
    assert "| time to the first row | sparkcls | predict-batch | 3.00 (2.00 to 4.00) | - |" in text
    assert "Not measured: spark-nlp: no network" in text
    assert "bfloat16 400 GFLOP/s" in text
    assert "None" not in text


def test_records_of_older_versions_have_no_bound():
    results = fake_results()
    for one in results["cases"][0]["records"]:
        one.pop("needed_flops", None)
    assert "| rows/s | sparkcls | predict-batch | 5.00 (4.00 to 10.00) | - |" in markdown(results)


def test_a_case_without_records_has_a_report():
    results = fake_results()
    results["cases"][0]["records"] = []
    assert "Not measured" in markdown(results)


def test_chart(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert chart.draw(fake_results(), tmp_path / "chart.png") is False
    monkeypatch.undo()
    assert chart.draw(fake_results(), tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 5000


# --- systems and settings -------------------------------------------------------------------------


def settings(**changes):
    fields = {
        "systems": parse_systems(None),
        "texts": "news",
        "column": None,
        "models": ("base",),
        "rows": 10,
        "slow_rows": 300,
        "repeats": 1,
        "slots": 2,
        "max_length": 512,
        "out": Path("out"),
        "work": Path("work"),
    }
    return Settings(**fields | changes)


def test_systems():
    assert [s.name for s in parse_systems(None)] == list(DEFAULT)
    assert [s.name for s in parse_systems(None, full=True)] == list(FULL)
    assert [s.name for s in parse_systems("loop, sparkcls@bundled,loop")] == ["loop", "sparkcls@bundled", GEMM]
    assert parse_systems("sparkcls@bundled")[0].model == "bundled"
    modules = Path(memory.__file__).parent / "systems"
    assert all((modules / f"{find_system(name).module}.py").is_file() for name in NAMES)


def test_cases():
    assert settings().cases() == [Case("news", "base")]
    full = settings(full=True).cases()
    assert len(full) == 8
    assert {case.model for case in full} == {"base", "bundled"}
    assert settings(full=True, texts="mine.txt", models=("folder",)).cases() == [Case("mine.txt", "folder")]
    assert settings().check().slow_rows == 10
    assert parse_models("bundled, families,base")[:3] == ("bundled", "base", "bert-base")
    assert Case("news", "zero-shot", 10) in settings(models=parse_models("families")).cases()
    assert settings(models=("folder",), labels=3).cases()[0].title == "news, model folder, 3 labels"


def test_what_runs_in_spark_nlps_environment_imports_nothing_else():
    code = """
import sys
from importlib.abc import MetaPathFinder
class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numpy", "pandas", "torch", "transformers", "tokenizers", "safetensors", "pyarrow"):
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
import sparkcls.bench.job, sparkcls.bench.machine, sparkcls.bench.systems.spark_nlp
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_side_by_side():
    assert side_by_side.run(abs, [-1, -2]) == [1, 2]
    with pytest.raises(ValueError, match="invalid literal"):
        side_by_side.run(int, ["1", "x"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory():
    own = memory.of_process()
    assert own["peak"] >= own["pss"] >= own["own"] > 0
    assert memory.of_process(2**31 - 1) == {}


def test_a_failed_run_says_why(tmp_path):
    job = Job("x", "no_such_module", "", "float32", "", "", "", "", 1, 1, 8)
    with pytest.raises(UnavailableError, match="No module named .*no_such_module"):
        run_job(job, tmp_path, tmp_path / "log.txt")
    assert "== x" in (tmp_path / "log.txt").read_text()
    assert Job.read(tmp_path / "job.json") == job


# --- what must be there ---------------------------------------------------------------------------


def lacking(monkeypatch, packages, java=True):
    """A machine without some packages, and perhaps without Java."""
    real = needs.find_spec
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name in packages else real(name))
    if not java:
        monkeypatch.setenv("JAVA_HOME", "/nowhere")


def test_all_that_is_missing_is_said_at_once_and_first(tmp_path, monkeypatch, capsys):
    lacking(monkeypatch, {"pyspark", "onnx", "matplotlib"}, java=False)
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr("sparkcls.bench.runner.run_job", lambda *a: started.append(a))
    monkeypatch.setattr("sparkcls.bench.rival.make", lambda *a: started.append(a))
    assert main(["bench", "--systems", "sparkcls,loop,spark-nlp,hf-pipeline"]) == 1
    said = capsys.readouterr().err
    assert "  the package pyspark (for sparkcls, hf-pipeline)\n" in said
    assert "  the package onnx (for spark-nlp)\n" in said
    assert re.search(r"  Java: No Java found in JAVA_HOME=/nowhere.* \(for sparkcls, hf-pipeline, spark-nlp\)\n", said)
    assert 'pip install "sparkcls[bench,spark]"' in said
    assert "no chart without matplotlib" in said
    assert not started
    assert not (tmp_path / "sparkcls-bench").exists()


def test_only_what_chosen_systems_need_is_asked_for(monkeypatch):
    lacking(monkeypatch, {"pyspark", "onnx"}, java=False)
    needs.check(settings(systems=parse_systems("loop")))
    with pytest.raises(needs.MissingError, match=r"onnx \(for spark-nlp\)"):
        needs.check(settings(systems=parse_systems("spark-nlp")))


IVY = """
		[NOT FOUND  ] com.google.protobuf#protobuf-java;3.21.12!protobuf-java.jar(bundle) (0ms)
		::          UNRESOLVED DEPENDENCIES         ::
		:: com.johnsnowlabs.nlp#spark-nlp_2.12;5.5.3: not found
		:: com.google.protobuf#protobuf-java;3.21.12!protobuf-java.jar(bundle)
Exception in thread "main" java.lang.RuntimeException: [unresolved dependency: com.johnsnowlabs.nlp]
"""


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (IVY, "com.johnsnowlabs.nlp:spark-nlp_2.12:5.5.3, com.google.protobuf:protobuf-java:3.21.12. A mirror"),
        ("ModuleNotFoundError: No module named 'pyspark'", "No module named 'pyspark'. A mirror"),
        ("", "Spark gave no reason. A mirror"),
    ],
)
def test_jars_that_cannot_be_fetched_are_named(tmp_path, said, named):
    python = tmp_path / "python"
    (tmp_path / "said").write_text(said)
    python.write_text(f"#!/bin/sh\ncat {tmp_path / 'said'} >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(UnavailableError, match=re.escape(named)):
        rival.ready(tmp_path / "work", python, None, print)
    assert not (tmp_path / "work").exists()


def test_the_jars_that_are_missing_are_replaced_or_left_out(tmp_path, capsys):
    # In the place of an environment's python: it notes what it is asked for, and puts a JAR where Spark would.
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nmkdir -p "$3/jars"\ntouch "$3/jars/spark-nlp_$4.jar"\n'
    )
    python.chmod(0o755)
    found = rival.ready(tmp_path / "work", python, None, print)
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert first.split()[3:] == [
        "com.johnsnowlabs.nlp:spark-nlp_2.12:5.5.3",
        "com.johnsnowlabs.nlp:tensorflow-cpu_2.12,com.johnsnowlabs.nlp:jsl-llamacpp-cpu_2.12,"
        "com.johnsnowlabs.nlp:jsl-openvino-cpu_2.12",
    ]
    assert second.split()[3:] == ["com.johnsnowlabs.nlp:tensorflow-cpu_2.12:0.3.3"]
    said = capsys.readouterr().out
    for name in ("tensorflow-cpu_2.12:0.4.4", "jsl-llamacpp-cpu_2.12:0.1.4", "jsl-openvino-cpu_2.12:0.1.0"):
        assert name in said
        assert name in found.options["note"]
    assert len(list(found.jars.glob("*.jar"))) == 2
    # The next run fetches nothing.
    assert rival.ready(tmp_path / "work", python, None, print) == found
    assert capsys.readouterr().out == ""
    rival.check(python, found.jars)


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--systems", "sparkcls,spork"], 2, "spork: no such system; there are sparkcls,"),
        (["--systems", "spark-nlp@bundled"], 2, "after @ comes one of bundled, base"),
        (["--systems", ","], 2, "at least one"),
        (["--repeats", "0"], 2, "--repeats 0: expected at least 1"),
        (["--max-length", "2"], 2, "--max-length 2"),
        (["--texts", "absent.csv"], 1, "absent.csv: neither a file nor one of phrases, news, reviews, mix"),
        (["--texts", "texts.csv", "--column", "body"], 2, "has no column 'body' but n, words; name one with --column"),
        (["--texts", "texts.doc"], 2, "expected a file .txt, .jsonl, .csv or .parquet"),
        (["--texts", "blank.txt"], 2, "holds no text"),
        (["--texts", "blank.txt", "--column", "c"], 2, "has no columns"),
        (["--texts", "broken.parquet"], 1, "cannot be read"),
        (["--model", "absent"], 1, "No model folder"),
        (["--model", ","], 2, "--model: expected at least one"),
        (["--labels", "1000"], 2, "--labels 1000: expected at most"),
        (["--spark-nlp-python", "absent/python"], 1, "absent/python: no such file"),
        (["--spark-nlp-jars", "absent"], 1, "no folder with a spark-nlp*.jar"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, capsys, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    Path("texts.csv").write_text("n,words\n1,a\n")
    Path("texts.doc").write_text("a")
    Path("blank.txt").write_text("\n \n")
    Path("broken.parquet").write_text("no")
    assert main(["bench", *arguments]) == code
    error = capsys.readouterr().err
    last = error.strip().splitlines()[-1]
    assert last.startswith("sparkcls: ")
    assert message in last


def test_errors_have_their_classes(tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("n,words\n1,a\n")
    with pytest.raises(ColumnError):
        read_texts(str(file), None, 5)
    with pytest.raises(ParamFileError):
        read_texts("absent", None, 5)
    with pytest.raises(ParamError):
        find_system("sparkcls@tiny")


@pytest.mark.slow
def test_end_to_end(tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["--systems", "sparkcls,loop,light", "--model", "bundled", "--texts", "phrases", "--rows", "20"]
    assert main(["bench", *arguments, "--repeats", "1", "--slots", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    results = json.loads((out / "results.json").read_text())
    assert printed.strip() == (out / "report.md").read_text().strip() == markdown(results).strip()
    case = results["cases"][0]
    assert case["skipped"] == {}
    by_system = {r["system"]: r for r in case["records"]}
    assert set(by_system) == {"sparkcls", "loop", "light", GEMM}
    for name in ("sparkcls", "loop", "light"):
        found = by_system[name]
        assert (found["rows"], found["slots"]) == (20, 1)
        assert found["wordpieces"] == by_system["loop"]["wordpieces"] > 40
        assert found["rows_per_second"] == pytest.approx(20 / found["seconds"])
        assert found["versions"]["torch"]
    assert by_system["sparkcls"]["first_row_seconds"] > 0
    assert 0 < by_system["sparkcls"]["seconds_of_10"] < 2 * by_system["sparkcls"]["seconds_of_100"]
    light = by_system["light"]
    assert 0 < light["alone_p50"] <= light["alone_p99"]
    assert 0 < light["together_p50"] <= light["together_p99"] < light["seconds"]
    assert "light, milliseconds of a call with one text: median " in printed
    if sys.platform == "linux":
        assert len(by_system["loop"]["memory"]["workers"]) == 1
        assert by_system["sparkcls"]["memory"]["workers"][0]["peak"] > 50
    assert by_system[GEMM]["gemm"]["rate"]["float32"] > 1e8
    assert not [p for p in os.listdir(tmp_path) if p != "out"]
