"""The cluster: the one that Ray is told to use, or this machine alone."""

import os

import ray

from luke_qa.cgroups import available_cores
from ops.layout import HANDLER, ROOT

# Where workers find this code. On other machines it is at the same place: in the image, or with the job.
_PATHS = (ROOT, HANDLER, ROOT / "client" / "src")


def connect() -> None:
    """Connect to the cluster at ``RAY_ADDRESS``, or start one of this machine.

    Ray listens on the network even then. It admits only who has the token that it keeps in ``~/.ray/auth_token``.
    """
    if ray.is_initialized():
        return
    environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(map(str, _PATHS))}}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(runtime_env=environment)
    else:
        ray.init("local", runtime_env=environment, include_dashboard=False, num_cpus=max(2, available_cores()))
