"""What the next start knows of the switches of the last."""

from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.server import make_instance
from ops.switches import properties_of, read_switches, write_switches


def test_a_server_stays_as_strict_as_it_was_until_it_is_switched(tmp_path: Path) -> None:
    file = tmp_path / "run" / "switches.json"

    def started(**given: bool) -> tuple[bool, bool, bool]:
        """Whether it then needs keys, can load models, and is in production."""
        switches = read_switches(file) | given
        write_switches(switches, file)
        instance = make_instance(tmp_path, properties_of(switches))
        return instance.needs_token, instance.properties["enable_model_api"] == "true", instance.is_production

    assert started() == (False, False, False)
    assert started(PRODUCTION=True, AUTH=True) == (True, True, True)
    assert started() == (True, True, True)
    assert started(MODEL_API=False) == (True, False, True)
    assert started() == (True, False, True)
    assert started(PRODUCTION=False, MODEL_API=True) == (True, True, False)
    assert started() == (True, False, False)
    assert started(AUTH=False) == (False, False, False)
    assert started() == (False, False, False)


def test_what_is_remembered_is_never_less_than_what_the_configuration_demands(tmp_path: Path) -> None:
    file = tmp_path / "switches.json"
    write_switches({"PRODUCTION": False, "AUTH": False, "MODEL_API": True}, file)
    assert read_switches(file) == {}


@pytest.mark.parametrize("content", ["", "[]", "null", '{"PRODUCTION": false}', '{"AUTH": "on"}', '{"PROD": true}'])
def test_a_damaged_file_is_no_reason_to_start_with_less(content: str, tmp_path: Path) -> None:
    (tmp_path / "switches.json").write_text(content)
    with pytest.raises(OpsError, match="is damaged: delete it, and give the switches anew"):
        read_switches(tmp_path / "switches.json")
