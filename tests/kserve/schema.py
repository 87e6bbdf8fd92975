"""Hold manifests against the types of KServe's SDK: ``python schema.py FILE...``, with the Python that has it.

Every field must be one of its type's, and have a value of its own type; what a type requires must be there. The types
are generated from KServe's Go sources, as its CRDs are.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kserve
import kubernetes.client
import yaml

KINDS: Final = {
    "ClusterServingRuntime": ("serving.kserve.io/v1alpha1", "V1alpha1ClusterServingRuntime"),
    "InferenceService": ("serving.kserve.io/v1beta1", "V1beta1InferenceService"),
}
PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "object": (object,),
}


def faults(manifest: Any) -> Iterator[str]:
    version, kind = KINDS[manifest["kind"]]
    if manifest["apiVersion"] != version:
        yield f"apiVersion: {manifest['apiVersion']}, not {version}"
    yield from of_type(manifest, kind, manifest["metadata"]["name"])


def of_type(value: Any, kind: str, path: str) -> Iterator[str]:
    """Yield what is wrong with a value of the type that the SDK calls ``kind``."""
    if inner := re.fullmatch(r"[lL]ist\[(.*)\]", kind):
        if not isinstance(value, list):
            yield f"{path}: no list"
        else:
            for number, item in enumerate(value):
                yield from of_type(item, inner[1], f"{path}[{number}]")
    elif inner := re.fullmatch(r"(?:dict\(|Dict\[)str, (.*)[)\]]", kind):
        for name, item in value.items():
            yield from of_type(item, inner[1], f"{path}.{name}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{path}: {value!r} is no {kind}"
    else:
        yield from _of_model(value, kind, path)


def _of_model(value: Any, kind: str, path: str) -> Iterator[str]:
    model = getattr(kserve, kind, None) or getattr(kubernetes.client, kind, None)
    if model is None:  # a quantity, or an integer or string
        if not isinstance(value, str | int):
            yield f"{path}: {value!r} is no {kind}"
        return
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    for name, item in value.items():
        if name not in names:
            yield f"{path}: there is no {name} in {kind}"
        else:
            yield from of_type(item, model.openapi_types[names[name]], f"{path}.{name}")
    try:
        model(**{names[name]: item for name, item in value.items() if name in names})
    except ValueError as error:  # something that is required is missing
        yield f"{path}: {' '.join(str(error).split())}"


if __name__ == "__main__":
    found = [
        f"{file}: {fault}"
        for file in sys.argv[1:]
        for manifest in yaml.safe_load_all(Path(file).read_text("utf-8"))
        for fault in faults(manifest)
    ]
    print("\n".join(found))
    sys.exit(bool(found))
