"""The same service as a model of KServe's SDK, and what a KServe cluster is told of it and of the other servers.

``runtimes.yaml`` and ``services.yaml`` are for a cluster. ``model`` is the glue between KServe and the service, with
``pool`` for the services of one process; ``serve`` runs it, in an environment of its own. ``server`` starts and stops
that on this machine.
"""
