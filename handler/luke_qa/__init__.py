"""Extractive question answering with Japanese LUKE: the engine and its wire format.

The path of a request, one module an arrow:

    body --request--> Query --windows--> windows --batching--> batches --model--> logits --spans--> answers
    --response--> body

``engine`` joins the middle of it and knows nothing of TorchServe; ``luke_qa_handler`` (beside this package)
is the glue.
"""
