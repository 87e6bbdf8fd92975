"""The panels of the dashboard, and the JSON that Grafana imports."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DASHBOARD: Final = Path(__file__).parent / "dashboard.json"

_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _WIDTH, _HEIGHT = 3, 8, 8  # Grafana's grid is 24 wide


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph: PromQL by legend. ``unit`` is Grafana's name of it."""

    title: str
    queries: Mapping[str, str]
    unit: str = "short"


def _rate(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[$__rate_interval]))"


def _quantiles(metric: str, labels: str = "") -> dict[str, str]:
    rates = _rate(f"{metric}_bucket{labels}", "le")
    return {f"p{percent}": f"histogram_quantile(0.{percent}, {rates})" for percent in (50, 95, 99)}


def _share_of_bad(slo: str) -> dict[str, str]:
    bad, all_of_them = (
        f'sum_over_time(luke_qa:{name}:rate1m{{slo="{slo}"}}[1h])' for name in ("bad_requests", "requests")
    )
    return {"{{seen_by}}": f"{bad} / {all_of_them}"}


SECTIONS: Final[Mapping[str, tuple[Panel, ...]]] = {
    "Objectives": (
        Panel("Valid requests that failed, last hour (objective: 0.1 %)", _share_of_bad("availability"), "percentunit"),
        Panel("Small requests over a second, last hour (objective: 5 %)", _share_of_bad("latency"), "percentunit"),
        Panel(
            "Alerts that fire",
            {"{{alertname}}": 'sum by (alertname) (ALERTS{alertname=~"LukeQa.*", alertstate="firing"})'},
        ),
    ),
    "Requests": (
        Panel(
            "Answers by outcome",
            {"{{outcome}}": _rate("luke_qa_requests_total", "outcome")},
            "reqps",
        ),
        Panel("Small requests, arrival to answer", _quantiles("luke_qa_request_seconds", '{size="small"}'), "s"),
        Panel("Large requests, arrival to answer", _quantiles("luke_qa_request_seconds", '{size="large"}'), "s"),
        Panel("Waiting for a worker", _quantiles("luke_qa_queue_seconds"), "s"),
        Panel(
            "Time of the workers by stage",
            {"{{stage}}": _rate("luke_qa_stage_seconds_sum", "stage")},
            "s",
        ),
        Panel(
            "Windows and tokens a second",
            {
                "windows": _rate("luke_qa_windows_total"),
                "tokens": _rate("luke_qa_tokens_total"),
            },
        ),
    ),
    "Server": (
        Panel("Ready", {"{{instance}}": "luke_qa_ready"}),
        Panel(
            "Workers",
            {"{{instance}} ready": "luke_qa_workers_ready", "{{instance}} wanted": "luke_qa_workers_wanted"},
        ),
        Panel(
            "Requests inside",
            {"{{instance}} in flight": "luke_qa_in_flight", "{{instance}} queued": "luke_qa_queue_depth"},
        ),
        Panel(
            "Restarts and killed workers, last hour",
            {
                "{{instance}} server {{reason}}": "increase(luke_qa_server_restarts_total[1h])",
                "{{instance}} workers ended": "increase(luke_qa_worker_restarts_total[1h])",
                "{{instance}} workers killed": "increase(luke_qa_workers_killed_total[1h])",
            },
        ),
        Panel("The supervisor's own question", _quantiles("luke_qa_canary_seconds"), "s"),
        Panel("Workers by backend", {"{{backend}} {{device}} {{dtype}} {{version}}": "luke_qa_engine_info"}),
    ),
    "Proxy": (
        Panel(
            "Responses by status",
            {"{{code}}": _rate('haproxy_frontend_http_responses_total{proxy="http"}', "code")},
            "reqps",
        ),
        Panel(
            "Waiting in the proxy",
            {"{{proxy}}": 'sum by (proxy) (haproxy_backend_current_queue{proxy=~"http|grpc|large"})'},
        ),
        Panel(
            "Refused by the proxy (4xx)",
            {
                "refused": _rate('haproxy_frontend_http_responses_total{proxy="http", code="4xx"}')
                + " - "
                + _rate('haproxy_backend_http_responses_total{proxy=~"http|large", code="4xx"}')
            },
            "reqps",
        ),
        Panel("Servers in rotation", {"{{server}}": 'haproxy_server_status{proxy="http", state="UP"}'}),
        Panel("Connections", {"{{proxy}}": 'sum by (proxy) (haproxy_frontend_current_sessions{proxy=~"http|grpc"})'}),
        Panel(
            "Tried again on another server",
            {"{{proxy}}": _rate('haproxy_backend_redispatch_warnings_total{proxy=~"http|grpc|large"}', "proxy")},
            "reqps",
        ),
    ),
}


def build_dashboard() -> str:
    """Return the dashboard as Grafana imports it."""
    content = {
        "uid": "luke-qa",
        "title": "luke-qa",
        "schemaVersion": 38,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(_panels(), 1)],
    }
    return json.dumps(content, indent=2) + "\n"


def _panels() -> Iterator[dict[str, Any]]:
    y = 0
    for title, panels in SECTIONS.items():
        yield {"type": "row", "title": title, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": []}
        y += 1
        for number, panel in enumerate(panels):
            row, column = divmod(number, _COLUMNS)
            place = {"x": column * _WIDTH, "y": y + row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            yield _graph(panel, place)
        y += -(-len(panels) // _COLUMNS) * _HEIGHT


def _graph(panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _DATASOURCE, "expr": query, "legendFormat": legend}
            for number, (legend, query) in enumerate(panel.queries.items())
        ],
    }
