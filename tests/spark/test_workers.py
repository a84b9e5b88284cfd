"""How often workers load the model, and what a further worker costs in memory."""

import os

import psutil
import pytest
from pyspark.sql import functions as F

from sparkcls.annotation import Annotation
from tests.pipelines import classifier_of, pipeline_of


@pytest.fixture(scope="module")
def base_model(tmp_path_factory):
    """A random model of DistilBERT-base's shape, 255 MiB in float32."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from sparkcls.catalogue.resolve import resolve

    folder = tmp_path_factory.mktemp("base") / "base"
    DistilBertForSequenceClassification(DistilBertConfig()).save_pretrained(folder)
    bundled = resolve("distilbert_mini_sequence_classifier_sst2").find_here()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((bundled / name).read_bytes())
    return folder


def frame_of(spark, rows, partitions):
    text = F.concat(F.lit("good movie "), F.col("id").cast("string")).alias("text")
    return spark.range(0, rows, 1, partitions).select(text)


def test_one_load_per_worker_over_two_actions(spark, tiny_model, events):
    out = pipeline_of(classifier_of(tiny_model, device="cpu", precision="bfloat16")).transform(frame_of(spark, 400, 8))
    for _ in range(2):
        assert out.select("class").toPandas()["class"].map(len).sum() == 400
    seen = events()
    pids = {e["pid"] for e in seen if e["event"] == "forward"}
    loads = [e["pid"] for e in seen if e["event"] == "load"]
    assert loads
    assert os.getpid() not in pids
    assert len(loads) == len(set(loads)) <= len(pids)


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="proportional set size is Linux's")
def test_a_second_worker_shares_the_weights(spark, base_model, events):
    model = pipeline_of(classifier_of(base_model, maxSentenceLength=512))
    long = F.concat_ws(" ", *[F.lit("a long and winding story of love")] * 100)
    frame = spark.range(0, 40, 1, 2).select(long.alias("text"))
    assert model.transform(frame).select("class").toPandas()["class"].map(len).sum() == 40
    workers = {e["pid"] for e in events() if e["event"] == "forward"}
    assert len(workers) == 2
    sizes = [psutil.Process(pid).memory_full_info() for pid in workers]
    # What the second adds is what it holds alone: pages that both map are there anyway.
    added = min(s.uss for s in sizes) / 2**20
    print(f"unique set size of a second worker: {added:.0f} MiB; proportional: {[s.pss >> 20 for s in sizes]}")
    assert added < 300


def test_annotations_are_what_arrives(spark, bundled):
    out = pipeline_of(bundled).transform(frame_of(spark, 3, 1)).select("class").collect()
    assert all(Annotation.fromRow(r["class"][0]).result in ("NEGATIVE", "POSITIVE") for r in out)
