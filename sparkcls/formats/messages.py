"""The few protocol buffer messages that model files are made of, described to the protobuf library.

Only the fields that are read are listed; the library skips all others. Sources of names and numbers:
onnx.proto3 of ONNX, and of TensorFlow graph.proto, node_def.proto, attr_value.proto, function.proto,
op_def.proto, saved_model.proto, meta_graph.proto, tensor.proto, tensor_bundle.proto,
trackable_object_graph.proto.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from sparkcls.errors import ModelFormatError

_PACKAGE = "sparkcls.formats"

#: Message, then its fields as "name number type"; a type ending in * is repeated, a capital one a message.
_SCHEMA = {
    # ONNX
    "OnnxModel": "graph 7 OnnxGraph",
    "OnnxGraph": "node 1 OnnxNode*; initializer 5 OnnxTensor*",
    "OnnxNode": "input 1 string*; output 2 string*; op_type 4 string; attribute 5 OnnxAttribute*",
    "OnnxAttribute": "name 1 string; f 2 float; i 3 int64; s 4 bytes; t 5 OnnxTensor",
    "OnnxTensor": "dims 1 int64*; data_type 2 int32; float_data 4 float*; name 8 string; raw_data 9 bytes; "
    "external_data 13 OnnxEntry*; data_location 14 int32",
    "OnnxEntry": "key 1 string; value 2 string",
    # TensorFlow: graphs
    "TfSavedModel": "meta_graphs 2 TfMetaGraph*",
    "TfMetaGraph": "graph_def 2 TfGraph",
    "TfGraph": "node 1 TfNode*; library 2 TfLibrary",
    "TfLibrary": "function 1 TfFunction*",
    "TfFunction": "signature 1 TfSignature; node_def 3 TfNode*",
    "TfSignature": "name 1 string; input_arg 2 TfArgument*",
    "TfArgument": "name 1 string",
    "TfNode": "name 1 string; op 2 string; input 3 string*; attr 5 TfAttributeEntry*",
    "TfAttributeEntry": "key 1 string; value 2 TfAttribute",  # a map on the wire
    "TfAttribute": "s 2 bytes; tensor 8 TfTensor; func 10 TfFunctionName",
    "TfFunctionName": "name 1 string",
    "TfTensor": "dtype 1 int32; string_val 8 bytes*",
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
