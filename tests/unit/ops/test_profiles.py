"""The configuration for a CPU, and for a GPU."""

import pytest
import torch

from luke_qa.settings import read_settings
from ops.profiles import Profile, read_model_config, resolve


def test_a_gpu_takes_larger_batches_and_everything_else_as_it_is() -> None:
    cpu, gpu = read_model_config(Profile.CPU), read_model_config(Profile.GPU)
    assert gpu["batchSize"] > cpu["batchSize"]
    assert gpu["handler"] == cpu["handler"]
    read_settings(gpu["handler"])


def test_the_profile_is_that_of_the_machine_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, expected in ((True, Profile.GPU), (False, Profile.CPU)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=found: found)
        assert resolve(Profile.AUTO) is expected
        assert resolve(Profile.CPU) is Profile.CPU
        assert resolve(Profile.GPU) is Profile.GPU
