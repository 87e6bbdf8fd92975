"""Options are checked before the first row."""

import pytest

from bulk.job import JobError
from bulk.options import check_options
from luke_qa.settings import Settings


def test_good_options_pass() -> None:
    check_options({"max_answer_len": 5, "max_windows": "all"}, Settings())


@pytest.mark.parametrize(("options", "named"), [({"max_len": 5}, "max_len"), ({"max_windows": 0}, "max_windows")])
def test_a_wrong_option_is_named(options: dict[str, object], named: str) -> None:
    with pytest.raises(JobError, match=named):
        check_options(options, Settings())
