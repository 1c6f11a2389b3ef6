"""The messages of ephemeral resources, which `tf` is too old to have: those of Terraform's plugin protocol 6.7.

They are described here as protoc would describe them, and stand beside the messages that `tf` brings.
"""

from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

_PACKAGE = "tfplugin6"
_FIELD = descriptor_pb2.FieldDescriptorProto

# By message: the number, name and type of each field. A name is a message of the package, repeated with a star.
_MESSAGES: dict[str, list[tuple[int, str, Any]]] = {
    "ValidateEphemeralRequest": [(1, "type_name", _FIELD.TYPE_STRING), (2, "config", "DynamicValue")],
    "ValidateEphemeralResponse": [(1, "diagnostics", "Diagnostic*")],
    "OpenEphemeralRequest": [(1, "type_name", _FIELD.TYPE_STRING), (2, "config", "DynamicValue")],
    "OpenEphemeralResponse": [(1, "diagnostics", "Diagnostic*"), (3, "result", "DynamicValue")],
    "CloseEphemeralRequest": [(1, "type_name", _FIELD.TYPE_STRING)],
    "CloseEphemeralResponse": [(1, "diagnostics", "Diagnostic*")],
    # What GetProviderSchema answers beyond what `tf` knows: a map, which on the wire is a list of pairs.
    "EphemeralSchema": [(1, "key", _FIELD.TYPE_STRING), (2, "value", "Schema")],
    "EphemeralSchemas": [(8, "ephemeral_resource_schemas", "EphemeralSchema*")],
}


def _described(name: str, fields: list[tuple[int, str, Any]]) -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name=name)
    for number, field, kind in fields:
        label = _FIELD.LABEL_OPTIONAL
        described = message.field.add(name=field, number=number)
        if isinstance(kind, str):
            label = _FIELD.LABEL_REPEATED if kind.endswith("*") else label
            described.type_name = f".{_PACKAGE}.{kind.rstrip('*')}"
            kind = _FIELD.TYPE_MESSAGE
        described.type, described.label = kind, label
    return message


def _classes() -> dict[str, Any]:
    described = [_described(name, fields) for name, fields in _MESSAGES.items()]
    file = descriptor_pb2.FileDescriptorProto(
        name="provider/ephemeral.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[pb.DESCRIPTOR.name],
        message_type=described,
    )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    names = {name: pool.FindMessageTypeByName(f"{_PACKAGE}.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in names.items()}


_ADD_SERVICER = rpc.add_ProviderServicer_to_server
_CLASSES = _classes()
Validate = _CLASSES["ValidateEphemeralResponse"]
Open = _CLASSES["OpenEphemeralResponse"]
Close = _CLASSES["CloseEphemeralResponse"]

# What Terraform calls, and the messages that it calls with. Nothing here has to be renewed.
_CALLS = {
    "ValidateEphemeralResourceConfig": "ValidateEphemeral",
    "OpenEphemeralResource": "OpenEphemeral",
    "CloseEphemeralResource": "CloseEphemeral",
}


def add_schemas(response: Any, schemas: dict[str, pb.Schema]) -> Any:
    """A schema response that also has the schemas of ephemeral resources: protobuf keeps what it does not know."""
    pairs = [_CLASSES["EphemeralSchema"](key=name, value=schema) for name, schema in schemas.items()]
    response.MergeFromString(_CLASSES["EphemeralSchemas"](ephemeral_resource_schemas=pairs).SerializeToString())
    return response


def add_servicer(servicer: Any, server: Any) -> None:
    """Registers the methods of `tf` and those of ephemeral resources."""
    _ADD_SERVICER(servicer, server)
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            getattr(servicer, method),
            request_deserializer=_CLASSES[f"{messages}Request"].FromString,
            response_serializer=_CLASSES[f"{messages}Response"].SerializeToString,
        )
        for method, messages in _CALLS.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"{_PACKAGE}.Provider", handlers),))
