"""The switches of ``make start``. What makes the server stricter is remembered, as its checkpoint is."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from ops.errors import OpsError
from ops.layout import RUN

# The properties that they set: to the first value if off, to the second if on.
SWITCHES: Final = {
    "AUTH": ("disable_token_authorization", ("true", "false")),
    "MODEL_API": ("enable_model_api", ("false", "true")),
    "PRODUCTION": ("production", ("false", "true")),
}
STRICTER: Final = {"AUTH": True, "MODEL_API": False, "PRODUCTION": True}
FILE: Final = RUN / "switches.json"  # not the server's properties, which other starts write as well


def read_switches(file: Path = FILE) -> dict[str, bool]:
    """Return the switches that were last set to what is stricter.

    Raises:
        OpsError: the file is damaged.
    """
    if not file.is_file():
        return {}
    with suppress(ValueError):
        found = json.loads(file.read_text("utf-8"))
        if isinstance(found, dict) and all(STRICTER.get(switch) is is_on for switch, is_on in found.items()):
            return found
    raise OpsError(f"{file} is damaged: delete it, and give the switches anew ({', '.join(SWITCHES)}).")


def write_switches(switches: Mapping[str, bool], file: Path = FILE) -> None:
    """Remember for the next start what is stricter; the rest is left to the configuration."""
    strict = {switch: is_on for switch, is_on in switches.items() if is_on is STRICTER[switch]}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(strict), "utf-8")


def properties_of(switches: Mapping[str, bool]) -> dict[str, str]:
    """Return the server's properties that the switches set."""
    return {name: values[is_on] for name, values, is_on in ((*SWITCHES[key], is_on) for key, is_on in switches.items())}
