"""The dashboard: what Grafana asks of Prometheus can be asked, and is answered."""

import json
from functools import partial
from itertools import combinations
from typing import Any

import promql_parser
import pytest

from deploy.grafana.dashboard import DASHBOARD, build_dashboard
from tests.deploy.monitoring.running import Prometheus, wait_for

PANELS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
QUERIES = [target["expr"].replace("$__rate_interval", "10s") for panel in PANELS for target in panel.get("targets", [])]


def test_the_file_is_up_to_date() -> None:
    assert DASHBOARD.read_text("utf-8") == build_dashboard(), "run `python -m deploy.grafana`"


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
        assert one["x"] + one["w"] <= 24


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_promql(query: str) -> None:
    promql_parser.parse(query)


def test_every_query_finds_series(prometheus: Prometheus) -> None:
    assert len(QUERIES) > 20
    for query in QUERIES:
        if "ALERTS" in query:  # nothing fires
            assert prometheus.query(query) == []
        else:
            wait_for(partial(prometheus.query, query))
