"""Writers of foreign model files for tests: what Spark NLP and TensorFlow write, from scratch."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.weights import weights_of
from sparkcls.formats.messages import message
from sparkcls.formats.sparknlp.saved_stage import PACKAGE
from sparkcls.formats.tensorflow.tensorbundle import masked_crc32c
from sparkcls.models.config import read_shape
from tests.tf_graph import Build, tensorflow_graph

DATA = Path(__file__).parent / "data" / "sparknlp"
FIXTURES = ["tensorflow_2_uncased", "tensorflow_7_cased", "onnx_2_cased", "onnx_7_uncased"]


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def write_table(entries: Mapping[bytes, bytes]) -> bytes:
    """A LevelDB table with one block of entries, keys not shared."""

    def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
        body = b"".join(varint(0) + varint(len(k)) + varint(len(v)) + k + v for k, v in pairs)
        body += struct.pack("<II", 0, 1)
        return body + b"\0" + struct.pack("<I", masked_crc32c(body + b"\0"))

    def handle(offset: int, size: int) -> bytes:
        return varint(offset) + varint(size - 5)

    data = block(sorted(entries.items()))
    filters = block([])
    index = block([(b"\xff", handle(0, len(data)))])
    footer = handle(len(data), len(filters)) + handle(len(data) + len(filters), len(index))
    return data + filters + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def write_bundle(prefix: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """float32 tensors by checkpoint key."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    entries = {b"": message("TfBundleHeader", num_shards=1).SerializeToString()}
    offset = 0
    with open(f"{prefix}.data-00000-of-00001", "wb") as data:
        for key, array in sorted(tensors.items()):
            content = np.ascontiguousarray(array, "<f4").tobytes()
            entry = message("TfBundleEntry", dtype=1, offset=offset, size=len(content))
            entry.crc32c = masked_crc32c(content)
            for size in array.shape:
                entry.shape.dim.add(size=size)
            entries[key.encode()] = entry.SerializeToString()
            data.write(content)
            offset += len(content)
    Path(f"{prefix}.index").write_bytes(write_table(entries))


def keras_variables(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Names and layouts that Keras gives the weights of a state dict."""
    out = {}
    for name, array in state.items():
        *parts, kind = name.replace(".layer.", ".layer_@_").split(".")
        if parts[-1].endswith("_embeddings"):
            leaf = "weight" if parts[-1] == "word_embeddings" else "embeddings"
        elif parts[-1].lower().endswith("norm"):
            leaf = {"weight": "gamma", "bias": "beta"}[kind]
        else:
            leaf = {"weight": "kernel", "bias": "bias"}[kind]
        key = "/".join(["tf_distil_bert_for_sequence_classification", *parts, leaf]).replace("@", ".")
        out[key] = array.T if leaf == "kernel" else array
    return out


def _java_string(text: str) -> bytes:
    content = text.encode()
    return b"t" + struct.pack(">H", len(content)) + content


def _java_class(name: str, fields: bytes, uid: int, parent: bytes = b"p") -> bytes:
    return (
        b"r" + struct.pack(">H", len(name)) + name.encode() + struct.pack(">Q", uid) + b"\x02" + fields + b"x" + parent
    )


def java_pairs(pairs: list[tuple[str, int]]) -> bytes:
    """A Java stream: an array of scala.Tuple2 of String and Integer."""
    out = b"\xac\xed\x00\x05u" + _java_class("[Lscala.Tuple2;", b"\0\0", 0x2ECC00DFD14FD7C0)
    out += struct.pack(">i", len(pairs))
    fields = b"\0\x02L\0\x02_1" + _java_string("Ljava/lang/Object;") + b"L\0\x02_2q\0\x7e\0\x03"
    # Handles: 0 array class, 1 array, 2 tuple class, 3 the string in it, 4 first tuple, 5 its key, 6 Integer's class.
    for i, (text, number) in enumerate(pairs):
        if i == 0:
            parent = _java_class("java.lang.Number", b"\0\0", 0x86AC951D0B94E08B)
            integer = _java_class("java.lang.Integer", b"\0\x01I\0\x05value", 0x12E2A0A4F7818738, parent)
            out += b"s" + _java_class("scala.Tuple2", fields, 0x2E94667D5B92F9F5) + _java_string(text) + b"s" + integer
        else:
            out += b"sq\0\x7e\0\x02" + _java_string(text) + b"sq\0\x7e\0\x06"
        out += struct.pack(">i", number)
    return out


def sequence_file(records: list[bytes]) -> bytes:
    """A SequenceFile of BytesWritables."""

    def text(name: str) -> bytes:
        return bytes([len(name)]) + name.encode()

    out = b"SEQ\x06" + text("org.apache.hadoop.io.NullWritable") + text("org.apache.hadoop.io.BytesWritable")
    out += b"\0\0" + struct.pack(">i", 0) + bytes(range(16))
    for record in records:
        out += struct.pack(">iii", len(record) + 4, 0, len(record)) + record
    return out


def write_field(folder: Path, mapping: Mapping[str, int]) -> None:
    """A map as Spark NLP stores it: ten pairs a record."""
    folder.mkdir(parents=True)
    pairs = list(mapping.items())
    records = [java_pairs(pairs[i : i + 10]) for i in range(0, len(pairs), 10)]
    (folder / "part-00000").write_bytes(sequence_file(records))


def write_saved_tensorflow(
    folder: Path,
    state: Mapping[str, np.ndarray],
    labels: list[str],
    pieces: list[str],
    params: dict[str, Any] | None = None,
    build: Build | None = None,
) -> Path:
    """A stage as Spark NLP saves it with TensorFlow, whose bundle has the variables' names as keys."""
    (folder / "metadata").mkdir(parents=True)
    line = {
        "class": PACKAGE + "DistilBertForSequenceClassification",
        "uid": "DistilBertForSequenceClassification_0",
        "paramMap": params or {},
    }
    (folder / "metadata" / "part-00000").write_text(json.dumps(line) + "\n")
    write_field(folder / "fields" / "labels", {label: i for i, label in enumerate(labels)})
    write_field(folder / "fields" / "vocabulary", {piece: i for i, piece in enumerate(pieces)})
    inner = folder.with_name(folder.name + "_inner")
    variables = keras_variables(state)
    write_bundle(inner / "variables", variables)
    with zipfile.ZipFile(
        folder / "distilbert_classification_tensorflow", "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as z:
        z.writestr("saved_model.pb", tensorflow_graph(variables, build or Build()).SerializeToString())
        for file in sorted(inner.iterdir()):
            z.write(file, file.name)
            file.unlink()
    inner.rmdir()
    return folder


def write_saved_model(folder: Path, state: Mapping[str, np.ndarray], build: Build | None = None) -> None:
    """What TensorFlow's exporter puts into a folder: saved_model.pb with a signature, and variables/."""
    variables = keras_variables(state)
    write_bundle(folder / "variables" / "variables", variables)
    saved = message("TfSavedModel")
    meta = saved.meta_graphs.add()
    meta.graph_def.CopyFrom(tensorflow_graph(variables, build or Build()))
    signature = meta.signature_def.add(key="serving_default").value
    for name in ("input_ids", "attention_mask"):
        signature.inputs.add(key=name).value.name = f"serving_default_{name}:0"
    signature.outputs.add(key="logits").value.name = "StatefulPartitionedCall:0"
    (folder / "saved_model.pb").write_bytes(saved.SerializeToString())


def expected_shapes(config: dict[str, Any], outputs: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of a DistilBERT classifier, by the names of `transformers`."""
    # Heads are in no weight's shape.
    shape = read_shape(Path("config.json"), config | {"n_heads": 1}, DISTILBERT)
    return {weight.name: weight.shape for weight in weights_of(DISTILBERT, shape, outputs).values()}


def random_state(
    dim: int, labels: int, vocabulary: int, layers: int = 1, positions: int = 128, seed: int = 0
) -> dict[str, np.ndarray]:
    """Random weights of a small classifier."""
    config = {
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "dim": dim,
        "hidden_dim": 64,
        "n_layers": layers,
    }
    shapes = expected_shapes(config, labels)
    generator = np.random.default_rng(seed)
    return {name: generator.standard_normal(shape, dtype=np.float32) * 0.3 for name, shape in shapes.items()}
