"""Extractive question answering with Japanese LUKE: the engine and its wire format.

The path of a request, with one module per arrow:

    body --incoming--> fields --request--> Query --windows--> windows --batching--> batches --backends--> logits
    --spans--> answers --response--> body

``engine`` connects the middle of it and is independent of any server. ``service`` connects the whole path for a batch
of bodies. ``luke_qa_handler``, next to this package, is the interface to TorchServe.
"""
