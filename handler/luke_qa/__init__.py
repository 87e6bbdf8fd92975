"""Extractive question answering with Japanese LUKE: the engine and its wire format.

The path of a request, one module an arrow:

    body --request--> Query --windows--> windows --batching--> batches --backends--> logits --spans--> answers
    --response--> body

``engine`` joins the middle of it and knows nothing of any server. ``service`` joins the whole path for a batch of
bodies. ``luke_qa_handler``, beside this package, is TorchServe's side.
"""
