"""How requests reach the server and replies come back.

``base`` is the interface, and ``choice`` picks an implementation by the address: ``http_requests`` (blocking HTTP),
``http_httpx`` (asynchronous HTTP) or ``grpc`` (both kinds). ``http`` has what the two HTTP implementations share.

Each speaks TorchServe's protocol or the open inference protocol (v2) of Triton. ``open_inference`` has the latter's
messages over HTTP; ``grpc_messages`` and ``grpc_open_inference`` have the messages of either over gRPC.
"""
