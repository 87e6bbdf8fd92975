"""The open inference protocol (v2) over gRPC. Its messages are built at run time as those of ``grpc_messages`` are.

Field numbers are those of its ``grpc_service.proto``; fields that are not used here are left out, and names of messages
never travel. Tensors travel as raw bytes, as Triton sends them: a text is its length in 4 bytes, and its bytes.
"""

import struct
from typing import Any, Final

from google.protobuf import descriptor_pb2  # type: ignore[import-untyped]

from .base import Attempt, Reply
from .grpc_messages import add_field, message_classes
from .open_inference import HEALTHY, REQUEST, RESPONSE, STATUS, UNHEALTHY, queue_timeout

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "inference"
_ENTRY: Final = f".{_PACKAGE}.ModelInferRequest.ParametersEntry"

SERVICE: Final = f"{_PACKAGE}.GRPCInferenceService"
INFER: Final = f"/{SERVICE}/ModelInfer"
READY: Final = f"/{SERVICE}/ModelReady"


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="luke_qa_client/v2.proto", package=_PACKAGE, syntax="proto3")
    parameter = file.message_type.add(name="InferParameter")
    add_field(parameter, "int64_param", 2, _Field.TYPE_INT64)

    tensor = file.message_type.add(name="Tensor")  # InferInputTensor and InferOutputTensor
    add_field(tensor, "name", 1, _Field.TYPE_STRING)
    add_field(tensor, "datatype", 2, _Field.TYPE_STRING)
    add_field(tensor, "shape", 3, _Field.TYPE_INT64, repeated=True)

    request = file.message_type.add(name="ModelInferRequest")
    add_field(request, "model_name", 1, _Field.TYPE_STRING)
    add_field(request, "id", 3, _Field.TYPE_STRING)
    add_field(request, "parameters", 4, _Field.TYPE_MESSAGE, of=_ENTRY, repeated=True)
    add_field(request, "inputs", 5, _Field.TYPE_MESSAGE, of=f".{_PACKAGE}.Tensor", repeated=True)
    add_field(request, "raw_input_contents", 7, _Field.TYPE_BYTES, repeated=True)
    entry = request.nested_type.add(name="ParametersEntry")
    entry.options.map_entry = True
    add_field(entry, "key", 1, _Field.TYPE_STRING)
    add_field(entry, "value", 2, _Field.TYPE_MESSAGE, of=f".{_PACKAGE}.InferParameter")

    response = file.message_type.add(name="ModelInferResponse")
    add_field(response, "outputs", 5, _Field.TYPE_MESSAGE, of=f".{_PACKAGE}.Tensor", repeated=True)
    add_field(response, "raw_output_contents", 6, _Field.TYPE_BYTES, repeated=True)

    asked = file.message_type.add(name="ModelReadyRequest")
    add_field(asked, "name", 1, _Field.TYPE_STRING)
    ready = file.message_type.add(name="ModelReadyResponse")
    add_field(ready, "ready", 1, _Field.TYPE_BOOL)
    return file


ModelInferRequest, ModelInferResponse, ModelReadyRequest, ModelReadyResponse = message_classes(
    _file(), "ModelInferRequest", "ModelInferResponse", "ModelReadyRequest", "ModelReadyResponse"
)


def infer_request(model: str, attempt: Attempt) -> Any:
    """Return the inference request for a question."""
    body = attempt.body or b""
    return ModelInferRequest(
        model_name=model,
        id=attempt.request_id or "",
        parameters={"timeout": {"int64_param": queue_timeout(attempt)}},
        inputs=[{"name": REQUEST, "datatype": "BYTES", "shape": [1, 1]}],
        raw_input_contents=[struct.pack("<I", len(body)) + body],
    )


def read_response(response: Any) -> Reply:
    """Return the answer or the error in an inference response, or the health."""
    if isinstance(response, ModelReadyResponse):
        return HEALTHY if response.ready else UNHEALTHY
    names = [output.name for output in response.outputs]
    raw = dict(zip(names, response.raw_output_contents, strict=False))
    try:
        (status,) = struct.unpack("<i", raw[STATUS])
        return Reply(status, raw[RESPONSE][4:])
    except (KeyError, struct.error):
        return Reply(200, b"")  # no answer of this model
