"""The few protocol buffer messages that model files are made of, described to the protobuf library.

Only the fields that are read are listed; the library skips all others. Sources of names and numbers:
onnx.proto3 of ONNX, and of TensorFlow graph.proto, node_def.proto, attr_value.proto, function.proto,
op_def.proto, saved_model.proto, meta_graph.proto, tensor.proto, tensor_bundle.proto,
trackable_object_graph.proto.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from sparkcls.errors import ModelFormatError
from sparkcls.models.protobuf import BYTES, fields_of

_PACKAGE = "sparkcls.formats"
#: Most bytes of a graph beside its weights: a message of two bytes takes 70 in memory. DistilBERT's has 4 million.
MOST_STRUCTURE = 24 << 20
_MOST_FIELDS = 1_000_000

#: Message, then its fields as "name number type"; a type ending in * is repeated, a capital one a message.
_SCHEMA = {
    # ONNX
    "OnnxModel": "graph 7 OnnxGraph",
    "OnnxGraph": "node 1 OnnxNode*; initializer 5 OnnxTensor*; input 11 OnnxValue*; output 12 OnnxValue*",
    "OnnxValue": "name 1 string",
    "OnnxNode": "input 1 string*; output 2 string*; name 3 string; op_type 4 string; attribute 5 OnnxAttribute*",
    "OnnxAttribute": "name 1 string; f 2 float; i 3 int64; s 4 bytes; t 5 OnnxTensor; floats 7 float*; ints 8 int64*; "
    "type 20 int32",
    "OnnxTensor": "dims 1 int64*; data_type 2 int32; float_data 4 float*; int32_data 5 int32*; int64_data 7 int64*; "
    "name 8 string; raw_data 9 bytes; double_data 10 double*; external_data 13 OnnxEntry*; data_location 14 int32",
    "OnnxEntry": "key 1 string; value 2 string",
    # TensorFlow: graphs
    "TfSavedModel": "meta_graphs 2 TfMetaGraph*",
    "TfMetaGraph": "graph_def 2 TfGraph; signature_def 5 TfSignatureEntry*",
    "TfSignatureEntry": "key 1 string; value 2 TfServing",  # maps on the wire, like all that end in Entry
    "TfServing": "inputs 1 TfTensorEntry*; outputs 2 TfTensorEntry*",
    "TfTensorEntry": "key 1 string; value 2 TfTensorInfo",
    "TfTensorInfo": "name 1 string",
    "TfGraph": "node 1 TfNode*; library 2 TfLibrary",
    "TfLibrary": "function 1 TfFunction*",
    "TfFunction": "signature 1 TfSignature; node_def 3 TfNode*; ret 4 TfReturnEntry*",
    "TfReturnEntry": "key 1 string; value 2 string",
    "TfSignature": "name 1 string; input_arg 2 TfArgument*; output_arg 3 TfArgument*",
    "TfArgument": "name 1 string",
    "TfNode": "name 1 string; op 2 string; input 3 string*; attr 5 TfAttributeEntry*",
    "TfAttributeEntry": "key 1 string; value 2 TfAttribute",
    "TfAttribute": "list 1 TfList; s 2 bytes; i 3 int64; f 4 float; b 5 bool; type 6 int32; tensor 8 TfTensor; "
    "func 10 TfFunctionName",
    "TfList": "i 3 int64*",
    "TfFunctionName": "name 1 string",
    "TfTensor": "dtype 1 int32; tensor_shape 2 TfShape; tensor_content 4 bytes; float_val 5 float*; "
    "double_val 6 double*; int_val 7 int32*; string_val 8 bytes*; int64_val 10 int64*; bool_val 11 bool*",
    # TensorFlow: variables
    "TfBundleHeader": "num_shards 1 int32; endianness 2 int32",
    "TfBundleEntry": "dtype 1 int32; shape 2 TfShape; shard_id 3 int32; offset 4 int64; size 5 int64; crc32c 6 fixed32",
    "TfShape": "dim 2 TfDimension*",
    "TfDimension": "size 1 int64",
    "TfObjectGraph": "nodes 1 TfObject*",
    "TfObject": "attributes 2 TfObjectAttribute*",
    "TfObjectAttribute": "full_name 2 string; checkpoint_key 3 string",
}


def _build() -> dict[str, Any]:
    field_type = descriptor_pb2.FieldDescriptorProto
    # proto3 refuses names that are no UTF-8, so that they come out as str or not at all.
    file = descriptor_pb2.FileDescriptorProto(name="sparkcls/formats.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _SCHEMA.items():
        described = file.message_type.add(name=name)
        for field in fields.split("; "):
            label, number, kind = field.split()
            added = described.field.add(name=label, number=int(number))
            repeated = kind.endswith("*")
            kind = kind.removesuffix("*")
            added.label = field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL
            if kind[0].isupper():
                added.type = field_type.TYPE_MESSAGE
                added.type_name = f".{_PACKAGE}.{kind}"
            else:
                added.type = getattr(field_type, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{n}")) for n in _SCHEMA}


def read_file(file: Path) -> bytes:
    """A file's bytes.

    Raises
    ------
    ModelFormatError
        It cannot be read: it is not a file, or not for us.
    """
    try:
        return file.read_bytes()
    except OSError as e:
        raise ModelFormatError(f"{file} cannot be read ({e.strerror or e}); is it a file, and may you read it?") from e


def check_size(data: bytes, what: str) -> None:
    """Refuse a graph that is larger than any without weights in it.

    Raises
    ------
    ModelFormatError
        It is.
    """
    if len(data) > MOST_STRUCTURE:
        raise ModelFormatError(
            f"{what} has {len(data)} bytes; the most is {MOST_STRUCTURE}, as weights lie in files of their own. Are "
            "they frozen into the graph? Export the model with its variables"
        )


def check_structure(data: bytes, what: str) -> None:
    """Refuse an ONNX model of which too much is not weights, before it is parsed: it may take far more memory.

    Raises
    ------
    ModelFormatError
        It is so, or the bytes are not an ONNX model.
    """
    view, left = memoryview(data), _MOST_FIELDS
    rest = len(data)
    for graph, kind, start, end in fields_of(view, 0, len(data), what):
        left -= 1
        for part, inner, begin, stop in fields_of(view, start, end, what) if (graph, kind) == (7, BYTES) else ():
            left -= 1
            tensor = fields_of(view, begin, stop, what) if (part, inner) == (5, BYTES) else ()
            for field, innermost, first, last in tensor:
                left -= 1
                rest -= last - first if field in (4, 9) and innermost == BYTES else 0
            if left < 0:
                raise ModelFormatError(f"{what} has more than {_MOST_FIELDS} parts; it is no graph of a classifier")
    if rest > MOST_STRUCTURE:
        raise ModelFormatError(f"{what} has {rest} bytes beside its weights; the most is {MOST_STRUCTURE}")


_classes: dict[str, Any] = {}


def message(name: str, **fields: Any) -> Any:
    """A message of this name with some fields set."""
    if not _classes:
        _classes.update(_build())
    return _classes[name](**fields)


def parse(name: str, data: bytes, what: str) -> Any:
    """The message of this name in these bytes.

    Raises
    ------
    ModelFormatError
        The bytes are no such message; `what` says in the error what they should be.
    """
    try:
        return type(message(name)).FromString(data)
    except (DecodeError, UnicodeDecodeError, ValueError) as e:
        raise ModelFormatError(f"{what} is corrupt or cut off ({e})") from e
