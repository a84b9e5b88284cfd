"""Make the model files in this folder with the real Spark NLP, and record its scores.

Nothing here runs in the tests. Each step needs an environment of its own, see README.md:

    python -m tests.data.sparknlp.families.make export WORK    torch, transformers, onnx, sentencepiece
    python make.py tensorflow WORK                             tensorflow-cpu, tf-keras, transformers 4
    python make.py save WORK                                   spark-nlp and its JARs (JARS=folder)
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LABELS = ["sad", "neutral", "happy"]
#: Wordpieces of a text, special ones counted; some of the texts are longer.
LENGTH = 24
TEXTS = [
    "I really liked that movie, don't you?",
    "The New York market fell by 3.5% on Friday - shares of U.S.A. Corp. lost $2bn; who'd have thought it, really?",
    "naïve café — “quoted” Größe",
    "mail me at someone@example.org, or see http://example.com/a?b=c!",
    "THE FILM WAS GREAT!!!",
    "日本語 and 😀 emoji 🎉🎉 in🎉side",
    "ﬁne ｆｕｌｌ width, ½ and ²",
    "Tabs\tand\nnew   lines",
    "antidisestablishmentarianism zzzqqq ☃ ☃☃ a☃b",
    "(it's) [the] <s> story </s>, <unk> [SEP] ▁ _ of__it",
    "a",
    "...",
]
#: Compatible characters, as larger models have them by the thousand: a normalisation that is small.
RULES = "\n".join(f"{ord(a):X}\t{' '.join(f'{ord(c):X}' for c in b)}" for a, b in [
    ("ﬁ", "fi"), ("½", "1⁄2"), ("²", "2"), *((chr(0xFF41 + i), chr(97 + i)) for i in range(26))
])  # fmt: skip


@dataclass(frozen=True)
class Fixture:
    """One random model: its family by `model_type`, its class in Spark NLP, what differs from the usual, and its engine."""

    family: str
    class_name: str
    config: dict[str, Any] = field(default_factory=dict)
    engine: str = "onnx"


FIXTURES = {
    "bert": Fixture("bert", "BertForSequenceClassification"),
    "bert_gelu_new": Fixture(
        "bert",
        "BertForSequenceClassification",
        {"hidden_act": "gelu_new", "layer_norm_eps": 1e-5, "hidden_size": 24, "num_attention_heads": 3},
    ),
    "roberta": Fixture("roberta", "RoBertaForSequenceClassification"),
    "xlm_roberta": Fixture("xlm-roberta", "XlmRoBertaForSequenceClassification"),
    "camembert": Fixture("camembert", "CamemBertForSequenceClassification"),
    "mpnet": Fixture("mpnet", "MPNetForSequenceClassification"),
    "albert": Fixture("albert", "AlbertForSequenceClassification", {"num_hidden_layers": 3}),
    "deberta": Fixture("deberta-v2", "DeBertaForSequenceClassification"),
    # Spark NLP reads these as TensorFlow alone. Of a Longformer its files would be too large: the folder of `export` is kept.
    "longformer": Fixture(
        "longformer", "LongformerForSequenceClassification", {"attention_window": [4, 8]}, "tensorflow"
    ),
    "xlnet": Fixture(
        "xlnet",
        "XlnetForSequenceClassification",
        {"d_model": 16, "d_inner": 24, "n_head": 2},
        "tensorflow",
    ),
}
_SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "max_position_embeddings": 40}
_FILES = {
    "albert": "spiece.model",
    "camembert": "sentencepiece.bpe.model",
    "deberta-v2": "spm.model",
    "xlm-roberta": "sentencepiece.bpe.model",
    "xlnet": "spiece.model",
}


# --- exporter folders: what the importing notebooks of Spark NLP make -----------------------------


def export(work: Path, only: list[str]) -> None:
    """Write WORK/<fixture>/ for every fixture, and WORK/<fixture>.json with the scores of `transformers`."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from tests.families import save_tiny_family

    for number, (name, fixture) in enumerate(FIXTURES.items()):
        if only and name not in only:
            continue
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)
        hub = folder / "hf"
        pieces = _sentencepiece(fixture.family) if fixture.family in _FILES else None
        size = {"vocab_size": pieces[1]} if pieces else {}

        def rounded(model: Any) -> None:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.copy_(parameter.bfloat16())  # Half of each float is then zero, and so is half the zip.

        small = {} if fixture.family == "xlnet" else _SMALL
        save_tiny_family(
            hub, fixture.family, LABELS, seed=number, change=rounded, **{**small, **size, **fixture.config}
        )
        assets = folder / "assets"
        assets.mkdir()
        if pieces:
            for file in hub.glob("*token*"):
                file.unlink()
            (hub / _FILES[fixture.family]).write_bytes(pieces[0])
            shutil.copy(hub / _FILES[fixture.family], assets)
        else:
            model = json.loads((hub / "tokenizer.json").read_text(encoding="utf-8"))["model"]
            order = sorted(model["vocab"], key=model["vocab"].__getitem__)
            (assets / "vocab.txt").write_text("\n".join(order) + "\n", encoding="utf-8")
            if "merges" in model:
                lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
                (assets / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (assets / "labels.txt").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
        network = AutoModelForSequenceClassification.from_pretrained(hub, attn_implementation="eager").eval()
        tokenizer = AutoTokenizer.from_pretrained(hub)
        with torch.no_grad():
            scores, ids = [], []
            for text in TEXTS:
                inputs = tokenizer(text, truncation=True, max_length=LENGTH, return_tensors="pt")
                scores.append(torch.softmax(network(**inputs).logits[0].double(), 0).tolist())
                ids.append(inputs["input_ids"][0].tolist())
        record = {"labels": LABELS, "transformers": scores, "ids": ids}
        (work / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
        if fixture.engine == "onnx":
            _export_onnx(network, folder / "model.onnx", with_types=fixture.family in ("bert", "albert"))


def _sentencepiece(family: str) -> tuple[bytes, int]:
    """A model of SentencePiece trained on the texts, with the pieces that the family begins with; and how many ids."""
    import io

    import sentencepiece

    from tests.models import WORDS

    # In the working folder, because the model keeps the path.
    rules = Path("rules.tsv")
    rules.write_text(RULES + "\n", encoding="utf-8")
    special: dict[str, Any] = {
        "albert": {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": "[CLS],[SEP],[MASK]"},
        "deberta-v2": {
            **{"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3},
            **{"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"},
        },
        "xlnet": {"control_symbols": "<cls>,<sep>,<pad>,<mask>,<eod>,<eop>"},
    }.get(family, {})
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*(t for t in TEXTS if "🎉" not in t and "<" not in t), " ".join(WORDS)] * 20),
        model_writer=made,
        vocab_size=140,
        character_coverage=0.99,
        normalization_rule_tsv=str(rules),
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **special,
    )
    rules.unlink()
    size = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue()).get_piece_size()
    return made.getvalue(), size + {"xlm-roberta": 2, "camembert": 5}.get(family, 1)


def _export_onnx(model: Any, file: Path, with_types: bool) -> None:
    """Traced, as Optimum does."""
    import torch

    class Scores(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
            types = {"token_type_ids": token_type_ids} if with_types else {}
            return self.model(input_ids=input_ids, attention_mask=attention_mask, **types).logits

    ids = torch.randint(5, 50, (2, 8))
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))[: 3 if with_types else 2]
    names = ["input_ids", "attention_mask", "token_type_ids"][: len(inputs)]
    axes: Any = {name: {0: "batch_size", 1: "sequence_length"} for name in names} | {"logits": {0: "batch_size"}}
    with torch.no_grad():
        torch.onnx.export(
            Scores(),
            inputs,
            str(file),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=14,
            dynamo=False,
        )


def export_tensorflow(work: Path) -> None:
    """Write saved_model.pb and variables/ of the fixtures that TensorFlow runs, with the signature for Spark NLP."""
    import numpy as np
    import tensorflow as tf
    import transformers
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    for name, fixture in FIXTURES.items():
        if fixture.engine != "tensorflow":
            continue
        folder = work / name
        network = transformers.TFAutoModelForSequenceClassification.from_pretrained(folder / "hf")
        names = ["input_ids", "attention_mask", *(["token_type_ids"] if fixture.family == "xlnet" else [])]
        spec = {key: tf.TensorSpec([None, None], tf.int32, name=key) for key in names}

        serve = tf.function(partial(_logits, network), input_signature=[spec])
        # Of Keras's model the variables alone, so that the graph is small.
        holder = tf.Module()
        holder.weights, holder.serve = network.weights, serve
        tf.saved_model.save(holder, str(folder), signatures={"serving_default": serve})
        record = json.loads((work / f"{name}.json").read_text(encoding="utf-8"))
        ids = np.array(record["ids"][0])[None]
        given = {key: tf.constant(np.ones_like(ids) * (key == "attention_mask"), tf.int32) for key in names}
        scores = tf.nn.softmax(serve(given | {"input_ids": tf.constant(ids, tf.int32)})["logits"]).numpy()
        print(name, np.abs(scores[0] - record["transformers"][0]).max())
        saved = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
        _shorten(saved.meta_graphs[0].graph_def)
        (folder / "saved_model.pb").write_bytes(saved.SerializeToString())


def _logits(network: Any, inputs: Any) -> Any:
    return {"logits": network(inputs, training=False).logits}


def _shorten(graph: Any) -> None:
    """Take out what the TensorFlow inside Spark NLP, 2.4, does not know, checks, and names within functions."""
    later = {node.name for node in graph.node if node.op == "DisableCopyOnRead"}
    for nodes in [graph.node, *(f.node_def for f in graph.library.function)]:
        for node in nodes:
            for attribute in ("debug_name", "validate_shape", "grad_a", "grad_b", "grad_x", "grad_y", "_output_shapes"):
                if attribute in node.attr and (node.op in _LATER or attribute.startswith("_")):
                    del node.attr[attribute]
    for function in graph.library.function:
        computes = bool(function.ret) and not function.signature.name.startswith("__inference__traced_")
        by_name = {node.name: node for node in function.node_def}
        todo = [*function.ret.values(), *(function.control_ret.values() if not computes else ())]
        kept: dict[str, Any] = {}
        while todo:
            name = todo.pop().lstrip("^").partition(":")[0]
            if name in by_name and name not in kept:
                kept[name] = by_name[name]
                todo += [i for i in by_name[name].input if not (computes and i.startswith("^"))]
        kept = {name: node for name, node in kept.items() if node.op != "DisableCopyOnRead"}
        short = {name: f"n{i}" for i, name in enumerate(n for n in by_name if n in kept)}

        def renamed(reference: str, short: dict[str, str] = short) -> str:
            name, colon, rest = reference.lstrip("^").partition(":")
            return "^" * reference.startswith("^") + short.get(name, name) + colon + rest

        nodes = [node for node in function.node_def if node.name in kept]
        for node in nodes:
            inputs = [
                renamed(i)
                for i in node.input
                if not i.startswith("^") or (not computes and i.lstrip("^").partition(":")[0] in kept)
            ]
            del node.input[:]
            node.input.extend(inputs)
            node.name = short[node.name]
        made = [type(node).FromString(node.SerializeToString()) for node in nodes]
        del function.node_def[:]
        function.node_def.extend(made)
        for key, reference in list(function.ret.items()):
            function.ret[key] = renamed(reference)
        for key, reference in list(function.control_ret.items()):
            if computes or reference not in kept:
                del function.control_ret[key]
                function.signature.control_output.remove(key)
            else:
                function.control_ret[key] = renamed(reference)
        for argument in function.arg_attr.values():
            argument.attr.pop("_output_shapes", None)
    kept_nodes = [node for node in graph.node if node.name not in later]
    del graph.node[:]
    graph.node.extend(kept_nodes)
    called = {
        a.func.name
        for nodes in [graph.node, *(f.node_def for f in graph.library.function)]
        for node in nodes
        for a in node.attr.values()
    }
    functions = [f for f in graph.library.function if f.signature.name in called]
    del graph.library.function[:]
    graph.library.function.extend(functions)


#: Operations that have attributes of later releases.
_LATER = ("VarHandleOp", "AssignVariableOp", "MatMul", "BatchMatMulV2")


# --- what Spark NLP makes of them -----------------------------------------------------------------


def save(work: Path, only: list[str]) -> None:
    """Score the texts with Spark NLP, save each stage, and zip it the way its public store does."""
    import sparknlp
    import sparknlp.annotator as annotators
    from pyspark.ml import Pipeline
    from pyspark.sql import SparkSession
    from sparknlp.base import DocumentAssembler

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.memory", "3g")
        .config("spark.files.overwrite", "true")  # every model is called model.onnx
        .config("spark.driver.extraClassPath", os.environ["JARS"] + "/*")
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        .getOrCreate()
    )
    frame = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string").coalesce(1)
    for name, fixture in FIXTURES.items():
        if only and name not in only:
            continue
        record = json.loads((work / f"{name}.json").read_text(encoding="utf-8"))
        classifier = (
            getattr(annotators, fixture.class_name)
            .loadSavedModel(str(work / name), spark)
            .setInputCols(["document", "token"])
            .setOutputCol("class")
            .setMaxSentenceLength(LENGTH)
        )
        for cased in (False, True):
            stages = [
                DocumentAssembler().setInputCol("text").setOutputCol("document"),
                annotators.Tokenizer().setInputCols(["document"]).setOutputCol("token"),
                classifier.setCaseSensitive(cased),
            ]
            rows = Pipeline(stages=stages).fit(frame).transform(frame).select("id", "class.metadata").collect()
            scores = {row["id"]: [float(row["metadata"][0][label]) for label in LABELS] for row in rows}
            record["sparknlp_cased" if cased else "sparknlp"] = [scores[i] for i in range(len(TEXTS))]
        record |= {"version": sparknlp.version()}
        (HERE / f"{name}.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
        saved = work / name / "hf"
        if name != "longformer":
            saved = work / f"{name}_saved"
            classifier.write().overwrite().save(str(saved))
        with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(saved.rglob("*")):
                archive.write(file, file.relative_to(saved))
        print(name, "done", flush=True)
    spark.stop()


if __name__ == "__main__":
    if sys.argv[1] == "export":
        export(Path(sys.argv[2]), sys.argv[3:])
    elif sys.argv[1] == "tensorflow":
        export_tensorflow(Path(sys.argv[2]))
    else:
        save(Path(sys.argv[2]), sys.argv[3:])
