"""The same service on NVIDIA's Triton Inference Server.

``repository`` builds the model repository from the archive, with ``config`` for its config.pbtxt and ``model`` as the
code that Triton runs. ``command`` says how the server is run, ``server`` starts and stops it.

The folder is not at the root of the repository: as ``triton`` it would pass for the compiler of that name, which torch
looks for.
"""
