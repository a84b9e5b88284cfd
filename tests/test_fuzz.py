"""Corrupt files: whatever the bytes, only errors of this package come out, and soon."""

import struct
import zipfile
from functools import partial
from io import BytesIO

import numpy as np
import pytest

from sparkcls.errors import ModelFormatError, SparkclsError
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.formats.archive import MOST_DIRECTORY, MOST_RATIO, extract
from sparkcls.formats.evaluate import Budget, Node, evaluate
from sparkcls.formats.messages import MOST_STRUCTURE
from sparkcls.formats.onnx.reader import read_onnx_bytes
from sparkcls.formats.settle import settle
from sparkcls.formats.sparknlp.javaobjects import read_pairs
from sparkcls.formats.sparknlp.sequencefile import read_sequence_file
from sparkcls.formats.tensorflow.graphdef import variable_names
from sparkcls.formats.tensorflow.operations import OPERATIONS
from sparkcls.formats.tensorflow.reader import read_tensorflow
from sparkcls.formats.tensorflow.tensorbundle import masked_crc32c, read_table
from tests.foreign import DATA, java_pairs, message, random_state, sequence_file, varint, write_saved_model, write_table
from tests.fuzz import mutants, survey, targets
from tests.tf_graph import Build


def survive(read, seeds, count, seed):
    for data in seeds:
        read(data)
    refused = 0
    for data in mutants(seeds, count, seed):
        try:
            read(data)
        except SparkclsError:
            refused += 1
    assert refused > count / 10


PAIRS = [(f"word{i}", i) for i in range(4)]


def test_sequence_files():
    survive(read_sequence_file, [sequence_file([b"abc", b"", b"x" * 300])], 40_000, 1)


def test_java_objects():
    survive(read_pairs, [java_pairs(PAIRS), java_pairs(PAIRS[:1])], 15_000, 2)


def sealed(data: bytes) -> bytes:
    """A table whose first block has a right checksum again, so that corrupt entries are reached."""
    size = len(data) - 48 - 2 * 13 - 12
    body = data[:size]
    return body + masked_crc32c(body).to_bytes(4, "little") + data[size + 4 :] if size > 0 else data


def test_tables_of_bundles():
    table = write_table({b"": b"\x08\x01", **{f"variables/{i}/.ATTRIBUTES".encode(): b"x" * i for i in range(9)}})
    survive(lambda data: list(read_table(data)), [table], 20_000, 3)
    for data in mutants([table], 10_000, 4):
        try:
            list(read_table(sealed(data)))
        except SparkclsError:
            continue


def small_onnx() -> bytes:
    model = message("OnnxModel")
    graph = model.graph
    for name, shape in (("distilbert.transformer.layer.0.ffn.lin1.bias", [4]), ("onnx::MatMul_1", [2, 4])):
        size = 4 * (shape[0] if len(shape) == 1 else shape[0] * shape[1])
        graph.initializer.add(name=name, dims=shape, data_type=1, raw_data=b"\x01" * size)
    graph.node.add(op_type="MatMul", input=["x", "onnx::MatMul_1"], output=["y"])
    graph.node.add(op_type="Add", input=["distilbert.transformer.layer.0.ffn.lin1.bias", "y"], output=["z"])
    return model.SerializeToString()


def test_onnx(tmp_path):
    data = small_onnx()
    state = read_onnx_bytes(data, DISTILBERT, [tmp_path], "m").state
    assert state["layer.0.inner.weight"].shape == (4, 2)
    survive(lambda d: read_onnx_bytes(d, DISTILBERT, [tmp_path], "m"), [data], 20_000, 5)


def test_graphs():
    graph = message("TfGraph")
    graph.node.add(name="w", op="VarHandleOp")
    names = graph.node.add(name="names", op="Const").attr.add(key="value")
    names.value.tensor.string_val.append(b"variables/0/.ATTRIBUTES/VARIABLE_VALUE")
    graph.node.add(name="restore", op="RestoreV2", input=["file", "names"])
    graph.node.add(name="identity", op="Identity", input=["restore:0"])
    graph.node.add(name="assign", op="AssignVariableOp", input=["w", "identity"])
    data = graph.SerializeToString()
    assert variable_names(data, "g") == {"variables/0/.ATTRIBUTES/VARIABLE_VALUE": "w"}
    survive(lambda d: variable_names(d, "g"), [data], 5_000, 6)


def answer(network):
    """What a reader's network is settled to: its graph is run too."""
    return settle(network, {})


def test_graphs_of_tensorflow_that_are_run(tmp_path):
    write_saved_model(tmp_path, random_state(16, 2, 40, positions=16), Build(4, "relu"))
    graph = tmp_path / "saved_model.pb"

    def read(data):
        graph.write_bytes(data)
        return answer(read_tensorflow(tmp_path / "variables" / "variables", graph, family=DISTILBERT, saved_model=True))

    assert read(graph.read_bytes()) == {"n_heads": 4, "activation": "relu"}
    survive(read, [graph.read_bytes()], 250, 8)


def test_graphs_of_onnx_that_are_run(tmp_path):
    extract(DATA.parent / "exported" / "onnx_dynamo_relu_3.zip", tmp_path)
    data = (tmp_path / "model.onnx").read_bytes()
    read = partial(lambda folder, data: answer(read_onnx_bytes(data, DISTILBERT, [folder], "m")), tmp_path)
    assert read(data) == {"n_heads": 3, "activation": "relu"}
    survive(read, [data], 250, 9)


@pytest.mark.parametrize(
    "node",
    [
        {"op": "Fill", "input": ["huge", "one"]},
        {"op": "Range", "input": ["zero", "big", "one"]},
        {"op": "BroadcastTo", "input": ["one", "huge"]},
        {"op": "Tile", "input": ["row", "big1"]},
        {"op": "AddV2", "input": ["row", "column"]},
        {"op": "BatchMatMulV2", "input": ["column", "row"]},
        {"op": "GatherV2", "input": ["row", "many", "one"]},
    ],
)
def test_graphs_that_ask_for_much(node):
    """A few bytes may not become gigabytes."""
    known = {
        "huge:0": np.array([1 << 20, 1 << 20]),
        "big:0": np.array(1 << 40),
        "big1:0": np.array([1, 1 << 30]),
        "zero:0": np.array(0),
        "one:0": np.array(1),
        "row:0": np.ones((1, 1 << 15)),
        "column:0": np.ones((1 << 15, 1)),
        "many:0": np.broadcast_to(np.array(0), (1 << 30,)),
    }
    maker = Node(node["op"], tuple(f"{name}:0" for name in node["input"]), ("out",))
    with pytest.raises(ModelFormatError, match="far more than a classifier"):
        evaluate("out", {"out": maker}, known, OPERATIONS, Budget())


def test_graphs_that_never_end():
    circle = {name: Node("Identity", (used,), (name,)) for name, used in (("a", "b"), ("b", "a"))}
    with pytest.raises(ModelFormatError, match="circle"):
        evaluate("a", circle, {}, OPERATIONS, Budget())
    doubled = {f"x{i}": Node("AddV2", (f"x{i + 1}", f"x{i + 1}"), (f"x{i}",)) for i in range(5000)}
    assert evaluate("x0", doubled, {"x5000": np.array(0.0)}, OPERATIONS, Budget()) == 0


def test_structure_is_bounded_before_it_is_parsed(tmp_path):
    empty = b"\x0a\x00" * (MOST_STRUCTURE // 2 + 1)
    graph = b"\x3a" + varint(len(empty)) + empty
    with pytest.raises(ModelFormatError, match=r"more than .* parts|beside its weights"):
        read_onnx_bytes(graph, DISTILBERT, [tmp_path], "m")
    node = b"\x0a" + varint(len(empty)) + empty
    with pytest.raises(ModelFormatError, match="beside its weights"):
        read_onnx_bytes(b"\x3a" + varint(len(node)) + node, DISTILBERT, [tmp_path], "m")
    write_saved_model(tmp_path, random_state(16, 2, 40, positions=16), Build(4))
    (tmp_path / "saved_model.pb").write_bytes(empty)
    with pytest.raises(ModelFormatError, match="the most is"):
        read_tensorflow(
            tmp_path / "variables" / "variables", tmp_path / "saved_model.pb", family=DISTILBERT, saved_model=True
        )


def test_tables_whose_keys_grow():
    """Every entry repeats all of the key before it, and adds to it."""
    step = varint(3000) + varint(0) + varint(0)
    body = varint(0) + varint(3000) + varint(0) + b"k" * 3000 + step * 50_000
    with pytest.raises(ModelFormatError, match="holds more than"):
        list(read_table(table_of(body)))


def table_of(body: bytes) -> bytes:
    """A table with one block of these entries."""

    def block(entries: bytes) -> bytes:
        entries += struct.pack("<II", 0, 1)
        return entries + b"\0" + struct.pack("<I", masked_crc32c(entries + b"\0"))

    data, filters = block(body), block(b"")
    handle = varint(0) + varint(len(data) - 5)
    index = block(varint(0) + varint(1) + varint(len(handle)) + b"\xff" + handle)
    at = len(data) + len(filters)
    footer = varint(len(data)) + varint(len(filters) - 5) + varint(at) + varint(len(index) - 5)
    return data + filters + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def test_archives(tmp_path):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata/part-00000", "{}" * 50)
        archive.writestr("a", b"")
    file = tmp_path / "m.zip"

    def read(data):
        file.write_bytes(data)
        for n, written in enumerate(extract(file, tmp_path / "out")):
            assert written.is_relative_to(tmp_path / "out"), n
            written.unlink()

    def again(data):
        try:
            read(data)
        finally:
            for left in sorted((tmp_path / "out").rglob("*"), reverse=True):
                left.rmdir() if left.is_dir() else left.unlink()

    survive(again, [buffer.getvalue()], 8_000, 7)


@pytest.mark.parametrize(
    ("name", "mode", "message_"),
    [("../x", 0, "outside"), ("/x", 0, "outside"), ("C:\\x", 0, "outside"), ("link", 0o120777, "a link")],
)
def test_entries_that_leave_the_folder(tmp_path, name, mode, message_):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr(info, "x")
    with pytest.raises(ModelFormatError, match=message_):
        extract(tmp_path / "m.zip", tmp_path / "out")


def test_bombs(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(60 << 20))
    with pytest.raises(ModelFormatError, match=f"more than {MOST_RATIO} times"):
        extract(tmp_path / "m.zip", tmp_path / "out")
    with pytest.raises(ModelFormatError, match="the most is 1000"):
        extract(tmp_path / "m.zip", tmp_path / "out", most_bytes=1000)
    # A header that lies about the size.
    data = bytearray((DATA / "onnx_2_cased.zip").read_bytes())
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entry = max(archive.infolist(), key=lambda e: e.file_size)
    central = data.rfind(b"PK\x01\x02", 0, data.rfind(entry.filename.encode()))
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    (tmp_path / "lie.zip").write_bytes(bytes(data))
    with pytest.raises(ModelFormatError):
        extract(tmp_path / "lie.zip", tmp_path / "out2")


def test_external_data_stays_beside_the_model(tmp_path):
    (tmp_path / "secret").write_bytes(b"\x01" * 16)
    (tmp_path / "model").mkdir()
    model = message("OnnxModel")
    tensor = model.graph.initializer.add(name="classifier.bias", dims=[4], data_type=1, data_location=1)
    tensor.external_data.add(key="location", value="../secret")
    with pytest.raises(ModelFormatError, match="not beside the model"):
        read_onnx_bytes(model.SerializeToString(), DISTILBERT, [tmp_path / "model"], "m")
    (tmp_path / "model" / "weights.data").write_bytes(b"\x01" * 16)
    tensor.external_data[0].value = "weights.data"
    state = read_onnx_bytes(model.SerializeToString(), DISTILBERT, [tmp_path / "model"], "m").state
    assert state["head.output.bias"].shape == (4,)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_deflate_is_unpacked(tmp_path, method):
    """100 kB of these take gigabytes of memory, whatever they declare."""
    with zipfile.ZipFile(tmp_path / "m.zip", "w", method) as archive:
        archive.writestr("x", b"abc")
    with pytest.raises(ModelFormatError, match="not deflate"):
        extract(tmp_path / "m.zip", tmp_path / "out")


def test_encrypted_entries(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("x", b"abc")
    data = bytearray((tmp_path / "m.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "m.zip").write_bytes(data)
    with pytest.raises(ModelFormatError, match="encrypted"):
        extract(tmp_path / "m.zip", tmp_path / "out")


@pytest.mark.parametrize("comment", [b"", b"x" * 1000])
@pytest.mark.parametrize("zip64", [False, True])
def test_a_long_list_of_entries_is_not_read(tmp_path, zip64, comment):
    """Only as many as there may be are taken into memory, wherever the end of the archive says that they lie."""
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    directory = entry * (MOST_DIRECTORY // len(entry) + 1)
    size, count = len(directory), len(directory) // len(entry)
    end = b""
    if zip64:
        end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, 0)
        end += struct.pack("<4sIQI", b"PK\x06\x07", 0, size, 1)
    short = (0xFFFF, 0xFFFF, 0xFFFFFFFF) if zip64 else (count & 0xFFFF, count & 0xFFFF, size)
    end += struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, *short, 0, len(comment)) + comment
    (tmp_path / "m.zip").write_bytes(directory + end)
    with pytest.raises(ModelFormatError, match="list of entries"):
        extract(tmp_path / "m.zip", tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    [
        *("config", "tokenizer", "tokenizer_config", "labels", "weights"),
        *("metadata", "pipeline", "pieces", "archive", "sparknlp"),
    ],
)
def test_files_of_strangers(tmp_path, cache, name):
    """A short run of `python -m tests.fuzz`, which tells more."""
    known = targets(tmp_path)
    assert name in known
    target = known[name]()
    target.read()
    kept = []
    outcomes = survey(target, 30, 11, lambda data, kind, said: kept.append((kind, said, data)))
    assert not kept
    assert outcomes["refused"] > 3
    target.read()
