"""Show whether the server is up and its workers are ready; the exit status is 0 only if they are."""

from ops.options import Parser
from ops.server import is_ready, is_up, running_instance, workers


def main(options: list[str]) -> int:
    Parser(prog="python -m ops status", description=__doc__).parse_args(options)
    instance = running_instance()
    if not is_up(instance):
        print("The server is not running.")
        return 1
    ready = is_ready(instance)
    states = ", ".join(workers(instance)) or "no reply from the management address"
    print(f"The server is {'ready' if ready else 'not ready'} at {instance.inference_url}; workers: {states}.")
    return 0 if ready else 1
