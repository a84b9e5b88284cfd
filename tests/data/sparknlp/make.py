"""Make the model files in this folder with the real Spark NLP, and record its scores.

Nothing here runs in the tests. Each step needs an environment of its own, see README.md:

    python make.py export WORK      TensorFlow 2.15.1, torch 2.2.2, transformers 4.38.2: exporter folders
    python make.py save WORK NAME   spark-nlp and its JARs (JARS=folder): load, score, save, zip one fixture
    python make.py stages WORK      the same environment: save and zip a pipeline of the text stages
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TEXTS = HERE / "texts.json"


@dataclass(frozen=True)
class Fixture:
    """One random model: width, layers, labels and vocabulary, and the engine that Spark NLP runs it on."""

    engine: str
    labels: tuple[str, ...]
    cased: bool
    dim: int
    layers: int
    seed: int


FIXTURES = {
    "tensorflow_2_uncased": Fixture("tensorflow", ("neg", "pos"), False, 64, 2, 1),
    "tensorflow_7_cased": Fixture(
        "tensorflow", ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"), True, 128, 1, 2
    ),
    "onnx_2_cased": Fixture("onnx", ("negative", "positive"), True, 64, 1, 3),
    "onnx_7_uncased": Fixture(
        "onnx", ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"), False, 128, 1, 4
    ),
}
POSITIONS = 128
HIDDEN = 64


# --- exporter folders: what the importing notebooks of Spark NLP make -----------------------------


def export(work: Path) -> None:
    """Write WORK/<fixture>/ for every fixture, and WORK/<fixture>.json with the scores of `transformers`."""
    sys.path.insert(0, str(HERE.parent.parent.parent))
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertTokenizer

    from tests.models import vocabulary

    texts = json.loads(TEXTS.read_text(encoding="utf-8"))
    for name, fixture in FIXTURES.items():
        torch.manual_seed(fixture.seed)
        pieces = vocabulary(fixture.cased)
        config = DistilBertConfig(
            vocab_size=len(pieces),
            dim=fixture.dim,
            hidden_dim=HIDDEN,
            n_layers=fixture.layers,
            n_heads=fixture.dim // 64,
            max_position_embeddings=POSITIONS,
            num_labels=len(fixture.labels),
            initializer_range=0.25,
        )
        model = DistilBertForSequenceClassification(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():  # Random layer norms and biases show a mix-up of names.
                if parameter.dim() == 1:
                    parameter.add_(torch.randn_like(parameter) * 0.2)
            for parameter in model.parameters():
                parameter.copy_(parameter.bfloat16())  # Half of each float is then zero, and so is half the zip.
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "assets").mkdir(parents=True)
        (folder / "assets" / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
        (folder / "assets" / "labels.txt").write_text("\n".join(fixture.labels) + "\n", encoding="utf-8")
        tokenizer = DistilBertTokenizer(str(folder / "assets" / "vocab.txt"), do_lower_case=not fixture.cased)
        with torch.no_grad():
            scores = []
            for text in texts:
                inputs = tokenizer(text, truncation=True, max_length=POSITIONS, return_tensors="pt")
                scores.append(torch.softmax(model(**inputs).logits[0].double(), 0).tolist())
        record = {"transformers": scores, "labels": fixture.labels}
        (work / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
        {"tensorflow": export_tensorflow, "onnx": export_onnx}[fixture.engine](model, folder)


def export_tensorflow(model, folder: Path) -> None:
    """`saved_model.pb` and `variables/`, with the serving signature that Spark NLP asks for."""
    import tensorflow as tf
    from transformers import TFDistilBertForSequenceClassification

    hub = folder.with_name(folder.name + "_hf")
    model.save_pretrained(hub, safe_serialization=True)
    network = TFDistilBertForSequenceClassification.from_pretrained(hub, from_pt=True)
    ids = tf.TensorSpec([None, None], tf.int32, name="input_ids")
    mask = tf.TensorSpec([None, None], tf.int32, name="attention_mask")

    @tf.function(input_signature=[{"input_ids": ids, "attention_mask": mask}])
    def serve(inputs):
        return {"logits": network(inputs, training=False).logits}

    network.save_pretrained(hub, saved_model=True, signatures={"serving_default": serve})
    shutil.copytree(hub / "saved_model" / "1", folder, dirs_exist_ok=True)
    # The TensorFlow inside Spark NLP 3.4.4 is 2.4 and refuses attributes and operations that came later.
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    for nodes in [graph.node, *(f.node_def for f in graph.library.function)]:
        later = {node.name for node in nodes if node.op == "DisableCopyOnRead"}
        kept = [node for node in nodes if node.name not in later]
        for node in kept:
            for attribute in ("debug_name", "validate_shape", "grad_a", "grad_b"):
                if attribute in node.attr and node.op in ("VarHandleOp", "AssignVariableOp", "MatMul", "BatchMatMulV2"):
                    del node.attr[attribute]
            inputs = [i for i in node.input if i.lstrip("^").partition(":")[0] not in later]
            del node.input[:]
            node.input.extend(inputs)
        del nodes[:]
        nodes.extend(kept)
    for function in graph.library.function:
        for key in [k for k, node in function.control_ret.items() if node.startswith("DisableCopyOnRead")]:
            del function.control_ret[key]
            function.signature.control_output.remove(key)
    (folder / "saved_model.pb").write_bytes(saved.SerializeToString())


def export_onnx(model, folder: Path) -> None:
    """`model.onnx`, traced as Optimum does."""
    import torch

    example = (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long))
    axes = {0: "batch_size", 1: "sequence_length"}
    torch.onnx.export(
        model,
        example,
        str(folder / "model.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch_size"}},
        opset_version=14,
        do_constant_folding=True,
    )


# --- what Spark NLP makes of them -----------------------------------------------------------------


def start():
    """A session with Spark NLP's JARs."""
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.extraClassPath", os.environ["JARS"] + "/*")
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        .getOrCreate()
    )


def save_text_stages(work: Path) -> None:
    """Save and zip a pipeline of the text stages, with Params that are not the defaults."""
    import sparknlp.annotator as annotators
    from pyspark.ml import Pipeline
    from sparknlp.base import DocumentAssembler, TokenAssembler

    spark = start()
    slang = work / "slang.txt"
    slang.write_text("gr8,great\nIDK,I do not know\n", encoding="utf-8")
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        annotators.DocumentNormalizer().setInputCols(["document"]).setOutputCol("plain").setPolicy("all"),
        annotators.Tokenizer().setInputCols(["plain"]).setOutputCol("token"),
        annotators.Normalizer()
        .setInputCols(["token"])
        .setOutputCol("normal")
        .setCleanupPatterns(["[^a-zA-Z]"])
        .setLowercase(True)
        .setMaxLength(9)
        .setSlangDictionary(str(slang), ","),
        annotators.StopWordsCleaner().setInputCols(["normal"]).setOutputCol("clean").setStopWords(["was", "a"]),
        annotators.Stemmer().setInputCols(["clean"]).setOutputCol("stem"),
        TokenAssembler().setInputCols(["plain", "stem"]).setOutputCol("again").setPreservePosition(True),
    ]
    pipeline = Pipeline(stages=stages).fit(spark.createDataFrame([("a",)], "text string"))
    pipeline.write().overwrite().save(str(work / "text_stages"))
    zip_folder(work / "text_stages", HERE / "pipeline_text_stages.zip")
    frame = spark.createDataFrame([("<b>IDK</b> it was gr8 movies",)], "text string")
    print(pipeline.transform(frame).select("again.result").collect())
    spark.stop()


def save(work: Path, name: str) -> None:
    """Score the texts with Spark NLP, save the stage, and zip it the way its public store does."""
    import sparknlp
    from pyspark.ml import Pipeline
    from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
    from sparknlp.base import DocumentAssembler

    spark = start()
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))
    frame = spark.createDataFrame(list(enumerate(texts)), "id int, text string").coalesce(1)
    fixture = FIXTURES[name]
    classifier = (
        DistilBertForSequenceClassification.loadSavedModel(str(work / name), spark)
        .setInputCols(["document", "token"])
        .setOutputCol("class")
        .setCaseSensitive(fixture.cased)
        .setMaxSentenceLength(POSITIONS)
    )
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier,
    ]
    pipeline = Pipeline(stages=stages).fit(frame)
    rows = pipeline.transform(frame).select("id", "class.metadata").collect()
    scores = {row["id"]: probabilities(row["metadata"], fixture.labels) for row in rows}
    record = json.loads((work / f"{name}.json").read_text(encoding="utf-8"))
    record |= {"sparknlp": [scores[i] for i in range(len(texts))], "version": sparknlp.version()}
    (HERE / f"{name}.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    saved = work / f"{name}_saved"
    classifier.write().overwrite().save(str(saved))
    zip_folder(saved, HERE / f"{name}.zip")
    if name == "onnx_2_cased":
        pipeline.write().overwrite().save(str(work / "pipeline_saved"))
        zip_folder(work / "pipeline_saved", HERE / "pipeline_onnx_2_cased.zip")
    spark.stop()


def probabilities(metadata, labels: tuple[str, ...]):
    """Scores in the order of the labels; None for a text without tokens. 3.4.4 writes the keys as Some(label)."""
    if not metadata:
        return None
    keys = {key.removeprefix("Some(").removesuffix(")"): value for key, value in metadata[0].items()}
    return [float(keys[label]) for label in labels]


def zip_folder(folder: Path, target: Path) -> None:
    """The tree at the root of the archive, checksums of Hadoop included."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))


if __name__ == "__main__":
    if sys.argv[1] == "export":
        export(Path(sys.argv[2]))
    elif sys.argv[1] == "stages":
        save_text_stages(Path(sys.argv[2]))
    else:
        save(Path(sys.argv[2]), sys.argv[3])
