"""How requests reach the server and replies come back.

``base`` is the interface, ``choice`` picks an implementation by the address, and the implementations stand beside each
other: ``http_requests`` (blocking HTTP), ``http_httpx`` (asynchronous HTTP) and ``grpc`` (both).
"""
