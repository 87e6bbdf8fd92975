"""The bills of materials."""

import hashlib
import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.sbom import Bill, bills, keep, weights
from ops.licences import installed_packages, normal

BILL: Bill = {
    "bomFormat": "CycloneDX",
    "metadata": {"tools": {}},
    "components": [{"bom-ref": f"{name}==1", "name": name} for name in ("requests", "URLlib3", "idna", "pytest")],
    "dependencies": [
        {"ref": "requests==1", "dependsOn": ["idna==1", "URLlib3==1", "pytest==1"]},
        {"ref": "pytest==1", "dependsOn": ["idna==1"]},
        {"ref": "idna==1"},
    ],
}


def test_a_bill_keeps_what_its_product_needs() -> None:
    model = {"bom-ref": "checkpoint:x", "name": "x"}
    bill = keep(BILL, "product", "1.2", ["requests>=2"], [model])
    assert [each["name"] for each in bill["components"]] == ["requests", "URLlib3", "idna", "x"]
    assert bill["dependencies"] == [
        {"ref": "product", "dependsOn": ["requests==1", "checkpoint:x"]},
        {"ref": "requests==1", "dependsOn": ["idna==1", "URLlib3==1"]},
        {"ref": "idna==1", "dependsOn": []},
    ]
    assert bill["metadata"]["component"]["version"] == "1.2"
    assert BILL["metadata"] == {"tools": {}}


def test_a_checkpoint_is_named_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    component = weights(tmp_path / "model.safetensors")
    assert component["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"weights").hexdigest()}]


@pytest.mark.slow
def test_the_bills_are_valid_and_complete() -> None:
    for name, bill in bills().items():
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
        found = {normal(each["name"]) for each in bill["components"]}
        wanted = {
            each.name for each in installed_packages(["torch", "torchserve"] if "server" in name else ["requests"])
        }
        assert wanted <= found
        assert not {"pytest", "ruff", "schemathesis"} & found
