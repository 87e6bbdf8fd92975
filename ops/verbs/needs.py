"""Print the make target that installs what the chosen archive needs."""

from luke_qa.choices import Backend
from ops.choice import add_choice_options, choose, read_request
from ops.options import Parser
from ops.packaging import last_choice


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops needs", description=__doc__)
    add_choice_options(parser)
    choice = choose(read_request(parser.parse_args(options)), last_choice())
    if choice.int8:
        print("setup-int8")
    else:
        print("setup-openvino" if choice.backend is Backend.OPENVINO else "setup")
    return 0
