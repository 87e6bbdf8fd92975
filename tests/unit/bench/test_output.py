"""The report's own facts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAVE = "from pathlib import Path; from bench.output import save; import sys; save({'found': 1}, Path(sys.argv[1]))"


@pytest.mark.parametrize("file", ["told.py", "told/__main__.py", "told/more.py"])
def test_a_report_says_how_it_was_made(tmp_path: Path, file: str) -> None:
    program = tmp_path / file
    program.parent.mkdir(exist_ok=True)
    program.write_text(SAVE, "utf-8")
    module = file.removesuffix(".py").removesuffix("/__main__").replace("/", ".")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    subprocess.run([sys.executable, "-m", module, "out 1.json"], check=True, cwd=tmp_path, env=environment)
    report = json.loads((tmp_path / "out 1.json").read_text("utf-8"))
    assert (report["command"], report["found"]) == (f"python -m {module} 'out 1.json'", 1)
