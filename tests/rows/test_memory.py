"""Workers without memory, for real, and poison rows among thousands."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pyspark.sql import functions as F

from sparkcls.base import LightPipeline
from sparkcls.engine.cache import get_classifier
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, Reading
from sparkcls.engine.network import _WITHOUT_ONEDNN, is_out_of_memory
from sparkcls.errors import ModelError
from sparkcls.models.ref import ModelRef
from sparkcls.serving import Served
from tests.models import broken, poisonous, save_tiny_model
from tests.pipelines import classifier_of, pipeline_of

READING = Reading(HUGGINGFACE, True, 128)

#: A process that classifies, takes all memory but a little from itself, and classifies again.
LIMITED = """
import json, logging, re, resource, sys
import numpy as np
from sparkcls.catalogue.resolve import resolve
from sparkcls.classification import probabilities
from sparkcls.base import LightPipeline
from sparkcls.engine.cache import get_classifier
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import Reading
from sparkcls.engine.process import give_back_memory, prepare_worker
from sparkcls.errors import ModelError

size, left = int(sys.argv[1]) << 10, int(sys.argv[2])
texts = [f"a good film number {i} " + "really great plot " * i for i in range(0, 150, 4)]
logged = []
logging.getLogger("sparkcls.engine.passes").addFilter(lambda record: logged.append(record.getMessage()))

def load():
    return Classifier(resolve("distilbert_mini_sequence_classifier_sst2"), "cpu", "float32")

def classify(classifier, texts):
    found = classifier.classify(texts, range(len(texts)), Reading("huggingface", True, 512))
    assert not any(outcome.error for outcome in found), found
    return probabilities(np.stack([outcome.logits for outcome in found]), "softmax")

prepare_worker(1)
classifier = load()
expected = classify(classifier, texts)
give_back_memory()
used = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) << 10
_, most = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (used, most))
result, ballast = {}, []
try:
    while True:
        ballast.append(bytearray(size))
except MemoryError:
    del ballast[:left]
try:
    result["apart"] = float(np.abs(classify(classifier, texts) - expected).max())
except ModelError as e:
    result["error"] = str(e)
ballast.clear()
resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(json.dumps(result | {"logged": logged[:1]}))
"""


def limited(size, left):
    """What the process finds with so many blocks of so many kB to itself, and what is smaller than them."""
    command = [sys.executable, "-c", LIMITED, str(size), str(left)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps RLIMIT_AS")


@on_linux
def test_smaller_batches_where_memory_ends():
    found = limited(4096, 12)
    assert "sequences failed" in found["logged"][0]
    assert found["apart"] < 5e-6


#: A process that multiplies matrices of ever new shapes, and what it has allocated after so many, in bytes.
SHAPES = """
import ctypes, json
import torch
from sparkcls.engine.process import prepare_worker

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
prepare_worker(1)
used = []
with torch.inference_mode():
    a, b, weight, bias = torch.ones(2, 400, 16), torch.ones(2, 16, 8), torch.ones(16, 16), torch.ones(16)
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        a, b, weight, bias = (x.bfloat16() for x in (a, b, weight, bias))
    for rows in range(2, 400):
        torch.bmm(a[:, :rows], b)
        torch.ops.mkldnn._linear_pointwise(a[0, :rows], weight, bias, "none", [], "none")
        if rows in (100, 399):
            used.append(library.mallinfo2().uordblks)
print(json.dumps(used))
"""


@on_linux
def test_kernels_of_ever_new_shapes_do_not_fill_a_worker():
    command = [sys.executable, "-c", SHAPES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr
    first, last = json.loads(done.stdout)
    assert last < first + (10 << 20), "300 more shapes are of 100 MB and more"


@on_linux
def test_not_even_a_sentence_fits():
    found = limited(256, 0)
    assert "has not enough memory for a single sentence of" in found["error"]
    assert "Give Python workers more" in found["error"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("out"), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            True,
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("could not execute a primitive"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_errors_that_mean_memory(error, expected):
    assert is_out_of_memory(error) == expected


class Scarce:
    """A network beside another process that takes the memory: it has none for so many passes, then as much as needed."""

    def __init__(self, inner, failures):
        self.inner, self.failures, self.device, self.pads = inner, failures, torch.device("cpu"), False

    def start(self, sequences):
        if self.failures:
            self.failures -= 1
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return self.inner.start(sequences)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_sentence_alone_gets_a_second_try(tiny_model, failures):
    classifier = Classifier(ModelRef.of_folder("tiny", str(tiny_model)), "cpu", "float32")
    expected = classifier.classify(["good movie"], [0], READING)[0].logits
    classifier._passes._network = Scarce(classifier._passes._network, failures)
    if failures == 1:
        assert (classifier.classify(["good movie"], [0], READING)[0].logits == expected).all()
    else:
        with pytest.raises(ModelError, match="not enough memory for a single sentence of 4 wordpieces"):
            classifier.classify(["good movie"], [0], READING)


@pytest.mark.parametrize(("precision", "near"), [("float32", 5e-6), ("bfloat16", 5e-2)])
def test_without_onednn_the_scores_are_the_same_until_the_task_ends(tiny_model, monkeypatch, caplog, precision, near):
    classifier = Classifier(ModelRef.of_folder("tiny", str(tiny_model)), "cpu", precision)
    texts = ["good movie", "bad " * 30, "the plot"]
    expected = [o.logits for o in classifier.classify(texts, range(3), READING)]
    network = classifier._passes._network
    passes = []

    def no_primitive(*arguments):
        passes.append(arguments)
        raise RuntimeError("could not create a primitive")

    monkeypatch.setattr(network, "_fast", replace(network._fast, linear=no_primitive, activated=no_primitive))
    for _ in range(2):
        found = [o.logits for o in classifier.classify(texts, range(3), READING)]
        assert all(abs(a - b).max() < near for a, b in zip(found, expected, strict=True))
    assert len(passes) == 1, "it is not tried again"
    assert caplog.text.count("goes on without oneDNN") == 1
    assert torch.backends.mkldnn.enabled, "other code of the process keeps it"
    monkeypatch.undo()
    classifier.close()
    monkeypatch.setattr(classifier._passes._network, "_exact", None)
    assert all(o.error is None for o in classifier.classify(texts, range(3), READING)), "memory may be back"


@pytest.mark.parametrize("kind", [LightPipeline, Served])
def test_without_onednn_the_scores_are_the_same_until_the_call_ends(tiny_model, monkeypatch, kind):
    """Where there are no tasks: a LightPipeline, and what MLflow serves."""
    stage = classifier_of(tiny_model, precision="float32")
    serving = kind(pipeline_of(stage))
    call = serving.predict if kind is Served else serving.annotate
    texts = ["good movie", "bad " * 30]
    expected = call(texts)
    network = get_classifier(stage._ref(), "cpu", "float32")._passes._network
    tried = []

    def no_primitive(*arguments):
        tried.append(arguments)
        raise RuntimeError("could not create a primitive")

    with monkeypatch.context() as patch:
        patch.setattr(network, "_fast", replace(network._fast, linear=no_primitive, activated=no_primitive))
        assert str(call(texts)) == str(expected)
        assert len(tried) == 1
    monkeypatch.setattr(network, "_exact", None)
    assert str(call(texts)) == str(expected), "memory may be back"


def test_threads_that_leave_onednn_at_once_put_it_back():
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: _leave(), range(400)))
    assert torch.backends.mkldnn.enabled


def _leave():
    with _WITHOUT_ONEDNN:
        assert not torch.backends.mkldnn.enabled


# --- poison ---------------------------------------------------------------------------------------


def colors(spark, folder, text):
    """Label, probability or error of 5,000 texts, of which three say `text`."""
    frame = spark.range(0, 5000, 1, 4).select(
        "id",
        F.when(F.col("id").isin(17, 2500, 4999), F.lit(text))
        .otherwise(F.concat(F.lit("good movie "), F.col("id").cast("string")))
        .alias("text"),
    )
    first = F.col("class")[0]
    out = pipeline_of(classifier_of(folder)).transform(frame)
    rows = out.select("id", F.size("class"), first["result"], first["metadata"]).collect()
    assert all(row[1] == 1 for row in rows)
    return {row[0]: (row[2], row[3]) for row in rows}


def test_three_poison_rows_among_thousands(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], change=poisonous("poison"))
    found, clean = colors(spark, folder, "the poison story"), colors(spark, folder, "the story")
    assert {i for i, (_, metadata) in found.items() if "error" in metadata} == {17, 2500, 4999}
    for i, (label, metadata) in found.items():
        if "error" in metadata:
            assert label == ""
            assert metadata["error"] == "ArithmeticError: the model's scores are not finite numbers"
        else:
            assert label == clean[i][0]
            assert float(metadata["a"]) == pytest.approx(float(clean[i][1]["a"]), abs=5e-6)


def test_a_model_that_is_nan_everywhere_fails_thousands(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], change=broken)
    with pytest.raises(
        Exception, match="ModelError: Model 'm' on .* fails on known-good text too, so no row is at fault"
    ):
        colors(spark, folder, "the story")
