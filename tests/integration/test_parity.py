"""The same answers over every transport: TorchServe, Triton, KServe and the job on Ray, each where it is installed."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.parity import compare_all
from bench.setting import configured
from bench.texts import Pair
from deploy.kserve.server import PYTHON
from deploy.triton.command import ENVIRONMENT
from ops.asking import EXAMPLES
from tests.support.checkpoints import EMBEDDED
from tests.support.scenarios import CONTEXT, HOBBY, QUESTION

INSTALLED = {
    "torchserve": True,
    "triton": any(ENVIRONMENT.glob("lib/python3*/site-packages/pytriton")),
    "kserve": PYTHON.exists(),
    "bulk": find_spec("ray") is not None,
}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_transport_gives_the_answers_of_the_bare_engine(tmp_path: Path) -> None:
    pairs = [Pair(example.question, example.context) for example in EXAMPLES]
    # A long text, one without an answer, and one that is refused.
    pairs += [
        Pair(HOBBY, CONTEXT * 40),
        Pair("首都はどこですか", CONTEXT),
        Pair(QUESTION, "😀㍿ｱ\n好きな食べ物は苺です。"),
    ]
    pairs += [Pair(" ", CONTEXT)]
    left_out = dict[str, str]()
    compared = list(compare_all(EMBEDDED, configured(["minWorkers=1", "maxWorkers=1"]), pairs, tmp_path, left_out))
    assert left_out.keys() == {name for name, there in INSTALLED.items() if not there}
    assert [each for each in compared if not each.is_equal] == []
    assert {each.errors for each in compared} == {1}
