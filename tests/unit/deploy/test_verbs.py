"""What the commands of the other servers share."""

from argparse import Namespace

import pytest

from deploy import verbs
from deploy.verbs import check_running
from ops.errors import OpsError


def test_a_server_that_runs_keeps_its_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "read_request", lambda given: given.checkpoint)
    monkeypatch.setattr(verbs, "is_other_checkpoint", lambda asked: asked == "another")
    check_running("Triton", "triton-stop", Namespace(checkpoint=None))
    with pytest.raises(OpsError, match="already running, and keeps its checkpoint: run `make triton-stop` first"):
        check_running("Triton", "triton-stop", Namespace(checkpoint="another"))
