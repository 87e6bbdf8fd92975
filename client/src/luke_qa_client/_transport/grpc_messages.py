"""TorchServe's gRPC messages, built at run time.

Generated stubs work only with some releases of protobuf; these descriptors work with all of them. They have a
separate pool, so an application can load its own TorchServe stubs as well. Field numbers are those of TorchServe's
``inference.proto``.
"""

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "org.pytorch.serve.grpc.inference"
_REQUEST = f".{_PACKAGE}.PredictionsRequest"

SERVICE = f"{_PACKAGE}.InferenceAPIsService"
PREDICTIONS = f"/{SERVICE}/Predictions"
PING = f"/{SERVICE}/Ping"


def add_field(
    message: Any, name: str, number: int, kind: int, *, of: str | None = None, repeated: bool = False
) -> None:
    """Add a field to a descriptor; ``of`` names its message. A map is a repeated message of key and value."""
    message.field.add(
        name=name,
        number=number,
        type=kind,
        label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL,
        type_name=of,
    )


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="luke_qa_client/inference.proto", package=_PACKAGE, syntax="proto3")
    request = file.message_type.add(name="PredictionsRequest")
    add_field(request, "model_name", 1, _Field.TYPE_STRING)
    add_field(request, "model_version", 2, _Field.TYPE_STRING)
    add_field(request, "input", 3, _Field.TYPE_MESSAGE, of=f"{_REQUEST}.InputEntry", repeated=True)
    entry = request.nested_type.add(name="InputEntry")
    entry.options.map_entry = True
    add_field(entry, "key", 1, _Field.TYPE_STRING)
    add_field(entry, "value", 2, _Field.TYPE_BYTES)

    response = file.message_type.add(name="PredictionResponse")
    add_field(response, "prediction", 1, _Field.TYPE_BYTES)

    health = file.message_type.add(name="TorchServeHealthResponse")
    add_field(health, "health", 1, _Field.TYPE_STRING)
    return file


def message_classes(file: descriptor_pb2.FileDescriptorProto, *names: str) -> list[Any]:
    """Return the classes of these messages, in a pool of their own."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}")) for name in names]


PredictionsRequest, PredictionResponse, HealthResponse = message_classes(
    _file(), "PredictionsRequest", "PredictionResponse", "TorchServeHealthResponse"
)
