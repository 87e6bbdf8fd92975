"""The two profiles of a server: dev, and production, in which nothing but the proxy in front is open to a network."""

import ipaddress
from collections.abc import Iterator

from ops.instance import Instance, PropertyError

PRODUCTION = "production: it listens on loopback only, and callers come through the proxy"
DEV = "dev: it is not for callers from a network"

# What production demands of other properties: what it is, and why.
_DEMANDS = {
    "allowed_urls": ("none", "models come from the model store alone"),
    "enable_envvars_config": ("false", "the environment must not change what was checked"),
}


def profile(instance: Instance) -> str:
    """Return which profile a server runs in, as the rest of "It runs in ..."."""
    return PRODUCTION if instance.is_production else DEV


def check_profile(instance: Instance) -> None:
    """Refuse what production does not allow; in dev everything is allowed.

    Raises:
        PropertyError: the server is for production, and the property that the message names is not.
    """
    if not instance.is_production:
        return
    for name in open_addresses(instance):
        raise PropertyError(
            f"production=true, but {name}={instance.properties[name]} is open to a network: "
            "give it a loopback address, such as 127.0.0.1. Callers come through the proxy."
        )
    for name, (wanted, why) in _DEMANDS.items():
        if instance.properties.get(name, wanted) != wanted:
            raise PropertyError(f"production=true needs {name}={wanted}: {why}.")


def open_addresses(instance: Instance) -> Iterator[str]:
    """The names of the properties whose addresses others than this machine reach."""
    for name, host, _ in instance.addresses():
        if not _is_loopback(host):
            yield name


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
