"""config.pbtxt, as Triton's own text format says it."""

import re

import pytest

from deploy.triton.config import Machine, read_inputs, write_config
from luke_qa.schema import NativeRequest
from ops.profiles import Profile, read_model_config


def value(config: str, name: str) -> str:
    found = re.findall(rf"\b{name}: *(\S+)", config)
    assert len(found) == 1, (name, found)
    return str(found[0])


def test_a_cpu_has_an_instance_for_each_core() -> None:
    config = write_config(read_model_config(Profile.CPU), Machine(cores=6, gpus=0), gpu=False)
    assert "{ kind: KIND_CPU count: 6 rate_limiter" in config
    assert (value(config, "max_batch_size"), value(config, "max_queue_delay_microseconds")) == ("1", "0")
    assert (value(config, "max_queue_size"), value(config, "default_timeout_microseconds")) == ("100", "30000000")


@pytest.mark.parametrize(("gpus", "each"), [(0, 4), (1, 4), (2, 2), (8, 1)])
def test_the_workers_are_divided_among_the_gpus(gpus: int, each: int) -> None:
    config = write_config(read_model_config(Profile.GPU), Machine(cores=16, gpus=gpus), gpu=True)
    assert f"instance_group [ {{ kind: KIND_GPU count: {each} }} ]" in config
    assert (value(config, "max_batch_size"), value(config, "max_queue_delay_microseconds")) == ("64", "5000")


def test_the_settings_of_the_service_are_those_of_the_queue() -> None:
    model_config = read_model_config(Profile.CPU) | {"minWorkers": 3, "jobQueueSize": 7, "handler": {"max_wait": 1.5}}
    config = write_config(model_config, Machine(cores=2, gpus=0), gpu=False)
    assert (value(config, "max_queue_size"), value(config, "default_timeout_microseconds")) == ("7", "1500000")
    assert "count: 3 rate_limiter" in config


def test_the_fields_of_the_wire_are_inputs() -> None:
    inputs = {each.name: (each.type, each.size) for each in read_inputs()}
    assert inputs.keys() <= {"request", *NativeRequest.model_fields}
    assert inputs["request"] == ("TYPE_STRING", 1)
    assert inputs["question"] == inputs["context"] == ("TYPE_STRING", -1)
    assert (inputs["top_k"], inputs["handle_impossible_answer"]) == (("TYPE_INT64", 1), ("TYPE_BOOL", 1))


def test_brackets_are_closed() -> None:
    for gpu, profile in ((False, Profile.CPU), (True, Profile.GPU)):
        lines = write_config(read_model_config(profile), Machine(2, 1), gpu=gpu).splitlines()
        config = "\n".join(line for line in lines if not line.startswith("#") and "#" not in line)
        assert config.count("[") == config.count("]")
        assert config.count("{") == config.count("}")
