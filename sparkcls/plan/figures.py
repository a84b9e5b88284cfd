"""What `sparkcls plan` calculates with: measured by this project, published by others, or chosen; each with its source.

`docs/benchmarks.md` and `docs/engine.md` are where the measured ones come from; `tests/test_plan.py` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass

FLOAT32, MIXED = "float32", "mixed"
PRECISIONS = (FLOAT32, MIXED)

#: docs/benchmarks.md: limit by matrix multiplication of both cores, GFLOP/s; `mixed` is compared with bfloat16's.
LIMIT = {FLOAT32: 459.0, MIXED: 930.0}
MEASURED_CORES = 2
#: docs/benchmarks.md: the share of that limit that sparkcls reaches, DistilBERT-base and news texts.
SHARE = {FLOAT32: 0.90, MIXED: 0.74}
#: The same of the bundled model, which is half as wide, and of the base shape: it was measured in `mixed` alone.
NARROW_SHARE = 0.54
NARROW_DIM, BASE_DIM = 384, 768

#: docs/benchmarks.md: a worker's own memory, MB. docs/engine.md: its peak, MB, of which all workers share the rest.
OWN_MB = {FLOAT32: 140.0, MIXED: 188.0}
PEAK_MB = {FLOAT32: 1000.0, MIXED: 1100.0}
#: docs/engine.md: what a worker holds on a GPU, MB: the weights of `mixed`, and those in float32.
GPU_WORKER_MB = {FLOAT32: 255.0, MIXED: 435.0}
#: docs/benchmarks.md: seconds from the start of an action to the first row, of new workers.
FIRST_ROW_S = {FLOAT32: 5.4, MIXED: 6.1}
#: docs/scaling.md: wordpieces a second that one core tokenises (the bundled tokenizer, news texts).
TOKENISED_PER_SECOND = 1.0e6
#: DistilBERT-base's 67 million parameters in float32, MB; they are in PEAK_MB.
BASE_WEIGHTS_MB = 268.0


@dataclass(frozen=True)
class Gpu:
    """A GPU by its datasheet: peaks in TFLOP/s, dense, of 16-bit matrix units and of plain float32."""

    name: str
    peak: float
    float32_peak: float


#: By the value of --gpu, slowest first.
GPUS = {
    "t4": Gpu("NVIDIA T4", 65.0, 8.1),
    "a10": Gpu("NVIDIA A10", 125.0, 31.2),
    "a100": Gpu("NVIDIA A100", 312.0, 19.5),
    "h100": Gpu("NVIDIA H100 SXM", 990.0, 67.0),
}
#: FineWeb-Edu: 15e12 wordpieces in 6,000 H100-hours through a base-sized classifier of 12 layers, 512 a text:
#: 131 TFLOP/s of 990 (https://huggingface.co/blog/modernbert). The lowest share among the published ones.
GPU_SHARE = 0.13
#: BERT-base in float32, 128 wordpieces, batch 32, TorchScript on an A10: 80.2 ms, which is 8.9 TFLOP/s of 31.2
#: (https://github.com/NVIDIA/FasterTransformer, docs/bert_guide.md). On a T4 it is 0.43.
GPU_FLOAT32_SHARE = 0.29

# Chosen, not measured.
TASK_MINUTES = 10.0
MAX_PARTITIONS = 100_000
CORES_PER_EXECUTOR = 4
TASKS_PER_GPU = 4
WINDOW_ROWS = 2_048
ARROW_ROWS = 10_000
ARROW_MB = 16.0
BYTES_PER_WORDPIECE = 6.0
OWN_HEADROOM = 1.5
JVM_OVERHEAD_MB = 384
HEAP_GB_PER_CORE, LEAST_HEAP_GB = 1, 2
