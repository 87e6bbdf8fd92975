"""What `luke_qa_client.evaluation` offers."""

import re

import pytest

from luke_qa_client import evaluation


def test_the_public_names_are_exactly_the_documented_ones() -> None:
    documented = set(re.findall(r"``(\w+)``", evaluation.__doc__ or ""))
    assert documented == set(evaluation.__all__)


@pytest.mark.parametrize("name", [name for name in evaluation.__all__ if not name.isupper()])
def test_a_public_name_explains_itself(name: str) -> None:
    assert getattr(evaluation, name).__doc__
