"""What `make demo` asks."""

import os
import subprocess
import sys

from ops.asking import EXAMPLES
from ops.instance import Instance
from ops.layout import ROOT
from training.data.leaks import find_leaks


def demo(url: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    environment = {**os.environ, "PYTHONPATH": paths, "LUKE_QA_URL": url}
    command = [sys.executable, "-m", "ops", "demo"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


def test_every_question_gets_the_answer_that_a_reader_would_give(server: Instance) -> None:
    done = demo(server.inference_url)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    *answers, ask, stop, sample = [line.split("  ")[0] for line in lines if line and not line.startswith("  ")]
    assert answers == [example.answer for example in EXAMPLES]
    assert (ask, stop) == ("Ask it yourself:", "Stop it:")
    assert sample.endswith("Three commands to the real one:")
    commands = [line.strip() for line in lines[-3:]]
    assert commands == ["make model", "make stop", "make start CHECKPOINT=checkpoints/luke-japanese-base-finetuned-QA"]
    for command in commands:
        assert command in (ROOT / "docs" / "server.md").read_text("utf-8")
    assert len(EXAMPLES) == 4


def test_no_template_may_hold_what_is_asked() -> None:
    for example in EXAMPLES:
        assert find_leaks(example.context)


def test_without_a_server_it_says_so() -> None:
    done = demo("http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.count("luke-qa: ") == len(EXAMPLES)
    assert "Traceback" not in done.stderr
