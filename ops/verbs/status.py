"""Show whether the server is up and its workers are ready; the exit status is 0 only if they are."""

from ops.options import Parser
from ops.server import is_ready, running_instance, workers


def main(options: list[str]) -> int:
    Parser(prog="python -m ops status", description=__doc__).parse_args(options)
    instance = running_instance()
    process = instance.process()
    if process is None:
        print("The server is not running.")
        return 1
    states = ", ".join(workers(instance)) or "no reply from the management address"
    print(f"The server is up at {instance.inference_url} (process {process.pid}); workers: {states}.")
    return 0 if is_ready(instance) else 1
