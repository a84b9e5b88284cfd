"""Figures of the engine on a GPU, each beside the limit that the same GPU showed in the same run."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls.bench.flops import of_texts
from sparkcls.engine import batching
from sparkcls.engine.classifier import Classifier
from sparkcls.models.layout import ModelFolder, read_model_folder
from tests.families import save_tiny_family
from tests.gpu.device import DEVICE, LABELS, ON_GPU, base_model, classify, load, texts_of
from tests.models import WORDS

LENGTHS = (16, 56, 128, 512)
#: Wordpieces of a measurement.
TOKENS = 1 << 19 if ON_GPU else 1 << 12
#: Products that are timed together.
REPEAT = 20
#: Processes that share the device.
PROCESSES = (1, 16) if ON_GPU else (1, 2)
#: What `token_budget` is multiplied with.
BUDGETS = (0.5, 1, 2)


def wait() -> None:
    if ON_GPU:
        torch.cuda.synchronize()


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The least time of some calls, after one that warms up."""
    work()
    found = []
    for _ in range(times):
        wait()
        begin = time.perf_counter()
        work()
        wait()
        found.append(time.perf_counter() - begin)
    return min(found)


def gemm_rate(dtype: torch.dtype, rows: int = 32768 if ON_GPU else 256) -> dict[str, float]:
    """Operations a second of the linear layers of DistilBERT-base, and of one large square product."""
    found = {}
    for name, (m, k, n) in {"768": (rows, 768, 768), "3072": (rows, 768, 3072), "square": (8192, 8192, 8192)}.items():
        if name == "square" and not ON_GPU:
            continue
        a, b = (torch.randn(*shape, device=DEVICE, dtype=dtype) for shape in ((m, k), (k, n)))
        found[name] = 2 * m * k * n * REPEAT / seconds(lambda a=a, b=b: [a @ b for _ in range(REPEAT)])
    return found


def throughput(classifier: Classifier, folder: ModelFolder, length: int, limit: float) -> dict[str, float]:
    """Texts of one length, from texts and from wordpieces alone."""
    texts = texts_of([length] * (TOKENS // length))
    whole = seconds(lambda: classify(classifier, texts, 512), 2)
    encoded = seconds(lambda: classifier.encoder.encode(texts, "huggingface", True), 1)
    passes, budget = classifier._passes, batching.token_budget(DEVICE, folder.shape.width)
    sequences = [[101] + [2000 + i % 5000] * (length - 2) + [102] for i in range(len(texts))]
    size = max(1, budget // length)

    def model_alone() -> None:
        waiting = None
        for at in range(0, len(sequences), size):
            started = passes._network.start(sequences[at : at + size])
            if waiting:
                waiting()
            waiting = started
        waiting()

    alone = seconds(model_alone, 2)
    operations = of_texts([length] * len(texts), folder)
    return {
        "texts/s": len(texts) / whole,
        "texts/s model alone": len(texts) / alone,
        "texts/s tokenizer alone": len(texts) / encoded,
        "share of limit": operations / alone / limit,
    }


def hugging_face(folder: Path, length: int, dtype: torch.dtype, texts: list[str] | None = None) -> float:
    """Texts a second of the usual recipe: batches of 32 in order, padded, 16 bits."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype).to(DEVICE).eval()
    texts = texts or texts_of([length] * (TOKENS // 4 // length))

    @torch.inference_mode()
    def work() -> None:
        for at in range(0, len(texts), 32):
            batch = tokenizer(
                texts[at : at + 32], truncation=True, max_length=length, padding=True, return_tensors="pt"
            )
            model(**batch.to(DEVICE)).logits.softmax(-1).cpu()

    return len(texts) / seconds(work, 1)


def families(work: Path, report: Callable[[str, Any], None]) -> None:
    """Texts a second of other families of the base shape, in `mixed`, over the usual recipe in float16."""
    shape = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
    for model_type in ("bert", "roberta", "deberta-v2", "modernbert"):
        usual = {"initializer_range": 0.02} | (shape if ON_GPU else {})
        folder = save_tiny_family(work / model_type, model_type, LABELS, **usual)
        draw = random.Random(2)
        texts = [" ".join(draw.choices(WORDS, k=90)) for _ in range(8192 if ON_GPU else 64)]
        classifier = load(folder, "mixed")
        ours = len(texts) / seconds(lambda c=classifier, t=texts: classify(c, t), 1)
        dtype = torch.float16 if ON_GPU else torch.float32
        theirs = hugging_face(folder, 128, dtype, texts[: len(texts) // 4])
        report(f"{model_type}, 90 words, texts/s", {"mixed": ours, "transformers": theirs, "times": ours / theirs})


def budgets(classifier: Classifier, texts: list[str]) -> dict[str, float]:
    """Texts a second by the size of batches."""
    kept, found = batching._GPU, {}
    try:
        for factor in BUDGETS:
            batching._GPU = int(kept * factor)
            found[str(factor)] = len(texts) / seconds(lambda: classify(classifier, texts, 512), 1)
    finally:
        batching._GPU = kept
    return found


def launches(classifier: Classifier) -> dict[str, float]:
    """Kernels of one batch, and how long the GPU is busy in it."""
    from torch.profiler import ProfilerActivity, profile

    texts = texts_of([56] * 300)
    classify(classifier, texts)
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as found:
        begin = time.perf_counter()
        classify(classifier, texts)
        wait()
        whole = time.perf_counter() - begin
    kernels = [e for e in found.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    return {"launches": len(kernels), "busy share": sum(e.device_time for e in kernels) / 1e6 / whole}


def attention_variants(lengths: list[int]) -> dict[str, float | str]:
    """Milliseconds of one layer's attention over a batch: padded, as the engine does it, and packed."""
    from sparkcls.engine.kernels import attention
    from sparkcls.engine.packing import Layout, Packing

    device, dtype = torch.device(DEVICE), torch.float16
    packing = Packing.of([[1] * n for n in lengths], device, Layout.PADDED)
    tokens = sum(lengths)
    q, k, v = (torch.randn(tokens, 768, device=device, dtype=dtype) for _ in range(3))
    found: dict[str, float | str] = {"padded": seconds(lambda: attention(q, k, v, packing, 12), 10) * 1e3}
    try:
        from torch.nn.attention.varlen import varlen_attn

        ends = torch.tensor([0, *lengths], device=device).cumsum(0).int()
        heads = [x.view(tokens, 12, 64) for x in (q, k, v)]
        longest = max(lengths)
        packed = varlen_attn(*heads, ends, ends, longest, longest).reshape(tokens, 768)
        found["difference"] = float((packed - attention(q, k, v, packing, 12)).abs().max())
        found["packed"] = seconds(lambda: varlen_attn(*heads, ends, ends, longest, longest), 10) * 1e3
    except (ImportError, RuntimeError, TypeError) as e:
        found["packed refused"] = f"{type(e).__name__}: {e}"[:200]
    return found


def graph(classifier: Classifier) -> dict[str, float | str]:
    """Milliseconds of a small batch as it is launched, and replayed from a CUDA graph: what graphs could gain."""
    from sparkcls.engine.packing import Layout, Packing

    network = classifier._passes._network
    packing = Packing.of([[101] + [2000] * 30 + [102]] * 16, torch.device(DEVICE), Layout.PADDED)
    with torch.inference_mode():
        eager = seconds(lambda: network._forward(packing), 20) * 1e3
        try:
            side = torch.cuda.Stream()
            with torch.cuda.stream(side):
                network._forward(packing)
            torch.cuda.current_stream().wait_stream(side)
            captured = torch.cuda.CUDAGraph()
            with torch.cuda.graph(captured):
                network._forward(packing)
            return {"eager": eager, "graph": seconds(captured.replay, 20) * 1e3}
        except RuntimeError as e:
            return {"eager": eager, "graph refused": str(e)[:200]}


_SHARED = """
import os, sys, time
os.environ["TOKENIZERS_PARALLELISM"] = "false"
from pathlib import Path
from tests.gpu.device import classify, load, texts_of
classifier = load(Path(sys.argv[1]), "mixed")
texts = texts_of([56] * 2048, seed=int(sys.argv[2]))
classify(classifier, texts)
print("ready", flush=True)
sys.stdin.readline()
begin, done = time.perf_counter(), 0
while time.perf_counter() - begin < float(sys.argv[3]):
    classify(classifier, texts)
    done += len(texts)
print(done / (time.perf_counter() - begin))
"""


def shared(folder: Path, processes: int, duration: float) -> float:
    """Texts a second of some processes that share the GPU, as Spark's workers do; each tokenises on one core."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _SHARED, str(folder), str(number), str(duration)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    return sum(float(worker.communicate(timeout=120)[0]) for worker in workers)


_FIRST = """
import sys, time
begin = time.perf_counter()
from pathlib import Path
from tests.gpu.device import classify, load
imported = time.perf_counter()
classifier = load(Path(sys.argv[1]), "mixed")
loaded = time.perf_counter()
classify(classifier, ["a good film"])
print(imported - begin, loaded - imported, time.perf_counter() - loaded)
"""


def first_batch(folder: Path) -> dict[str, float]:
    """Seconds of a new process: imports, load, first text."""
    printed = subprocess.run(
        [sys.executable, "-c", _FIRST, str(folder)], capture_output=True, text=True, check=True, timeout=120
    ).stdout.split()
    return dict(zip(("import", "load", "first text"), map(float, printed[-3:]), strict=True))


def measure(work: Path, report: Callable[[str, Any], None]) -> None:
    """Measure everything, telling each figure as soon as it is there; what matters most comes first."""
    folder = base_model(work / "base")
    model = read_model_folder(folder)
    limits = {}
    for dtype in (torch.float16, torch.float32):
        rates = gemm_rate(dtype)
        limits[str(dtype).removeprefix("torch.")] = max(rates["768"], rates["3072"])
        report(f"GEMM {dtype}, TFLOP/s", {name: rate / 1e12 for name, rate in rates.items()})
    draw = random.Random(3)
    lengths = [draw.randint(8, 120) for _ in range(TOKENS // 64)]
    texts = texts_of(lengths)

    def of_precision(precision: str, limit: str) -> None:
        classifier = load(folder, precision)
        if ON_GPU:
            torch.cuda.reset_peak_memory_stats()
        for length in LENGTHS:
            report(f"{precision}, {length} wordpieces", throughput(classifier, model, length, limits[limit]))
        report(
            f"{precision}, 8 to 120 wordpieces, texts/s", len(texts) / seconds(lambda: classify(classifier, texts), 1)
        )
        if ON_GPU:
            report(f"{precision}, most memory, MB", torch.cuda.max_memory_allocated() / 1e6)

    of_precision("mixed", "float16")
    for length in LENGTHS:
        rate = hugging_face(folder, length, torch.float16 if ON_GPU else torch.float32)
        report(f"transformers, batches of 32, {length} wordpieces, texts/s", rate)
    for processes in PROCESSES:
        report(f"mixed, 56 wordpieces, {processes} processes, texts/s", shared(folder, processes, 5 if ON_GPU else 1))
    families(work, report)
    half = load(folder, "float16")
    if ON_GPU:
        report("one batch", launches(half))
        report("attention, 8 to 120, ms", attention_variants(sorted(lengths[:500])))
        report("attention, one length, ms", attention_variants([64] * 500))
        report("attention, up to 512, ms", attention_variants([16 + i for i in range(0, 496, 8)]))
        report("16 x 32 wordpieces, ms", graph(half))
    report("first batch, s", first_batch(folder))
    report("texts/s by budget", budgets(half, texts))
    of_precision("float32", "float32")


def main(work: Path, out: Path) -> None:
    """Measure, print, and write ``figures.json`` after every figure, so that nothing is lost if time ends."""
    name = torch.cuda.get_device_name(DEVICE) if ON_GPU else "cpu"
    figures: dict[str, Any] = {"date": date.today().isoformat(), "device": name, "torch": torch.__version__}

    def report(what: str, value: Any) -> None:
        figures[what] = value
        shown = (
            value
            if not isinstance(value, dict)
            else "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items())
        )
        print(f"{what}: {shown:.5g}" if isinstance(shown, float) else f"{what}: {shown}", flush=True)
        (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")

    print(f"{name}, torch {torch.__version__}", flush=True)
    measure(work, report)
