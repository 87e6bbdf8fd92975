"""How requests reach the server and replies come back.

``base`` is the interface, and ``choice`` picks an implementation by the address: ``http_requests`` (blocking HTTP),
``http_httpx`` (asynchronous HTTP) or ``grpc`` (both kinds). ``http`` has what the two HTTP implementations share.
"""
