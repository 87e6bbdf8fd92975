"""Build the server's image with podman or docker."""

import sys

from ops.bare import packages_needed
from ops.errors import UsageError
from ops.options import Parser

with packages_needed():
    from deploy.container.build import BuildError, build_image


def main() -> int:
    parser = Parser(prog="python -m deploy.container", description=__doc__)
    parser.add_option("tag", "the image's name", default="luke-qa")
    parser.add_option("base", "the image to build on: Debian, or Python 3.11 on Debian")
    parser.add_option("profile", "batching and workers: cpu or gpu")
    parser.add_option("backend", "what computes on a CPU: torch or openvino")
    parser.add_option("torch-index", "a package index with the build of torch that is wanted")
    try:
        given = vars(parser.parse_args())
        tag = given.pop("tag")
        build_image(tag, {name.upper(): value for name, value in given.items() if value})
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
