"""The alerts: their rules, the section that explains each of them, and how they reach a person."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from luke_qa.errors import Cancelled, RequestError
from luke_qa.metrics import BUCKETS, OUTCOMES
from ops.instance import Instance, free_ports
from ops.layout import CONFIG, ROOT
from ops.observation import observe
from ops.server import make_instance, start, stop
from tests.deploy.monitoring.running import (
    PROMETHEUS,
    Prometheus,
    Receiver,
    program,
    run_alertmanager,
    run_prometheus,
    wait_for,
)

RULES = [
    rule for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
CASES_FILE = Path(__file__).parent / "rules_test.yml"
CASES = [case for group in yaml.safe_load(CASES_FILE.read_text("utf-8"))["tests"] for case in group["alert_rule_test"]]
GUIDE = (ROOT / "docs" / "operations.md").read_text("utf-8")

every_alert = pytest.mark.parametrize("alert", ALERTS)


@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "rules", "--lint-fatal", str(PROMETHEUS / "rules.yml")],
        ["promtool", "check", "config", "--lint-fatal", str(PROMETHEUS / "prometheus.yml")],
        ["promtool", "test", "rules", str(CASES_FILE)],
        ["amtool", "check-config", str(PROMETHEUS / "alertmanager.yml")],
    ],
    ids=" ".join,
)
def test_their_own_tools_accept_the_files(command: list[str]) -> None:
    done = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@every_alert
def test_an_alert_is_tested_firing_and_silent(alert: str) -> None:
    assert {bool(case["exp_alerts"]) for case in CASES if case["alertname"] == alert} == {True, False}


@every_alert
def test_an_alert_says_how_urgent_it_is_and_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{alert.lower()}"


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    assert re.findall(r"^### (LukeQa\w+)$", GUIDE, re.MULTILINE) == list(ALERTS)


@every_alert
def test_a_section_says_how_urgent_its_alert_is(alert: str) -> None:
    section = GUIDE.partition(f"### {alert}\n\n")[2]
    assert section.startswith(f"*{ALERTS[alert]['labels']['severity'].capitalize()}.*")


def test_alertmanager_knows_every_alert_that_it_names() -> None:
    config = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text("utf-8"))
    matchers = [
        matcher
        for rule in config["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        if matcher.startswith("alertname")
    ]
    named = {name for matcher in matchers for name in re.findall(r"LukeQa\w+", matcher)}
    assert named
    assert named <= ALERTS.keys()


def test_the_queue_is_as_long_as_the_rules_say() -> None:
    config = yaml.safe_load((CONFIG / "model-config.yaml").read_text("utf-8"))
    assert f"at {config['jobQueueSize']} it refuses" in ALERTS["LukeQaServerQueueFills"]["annotations"]["summary"]


def test_the_objectives_count_every_failure_of_the_server_and_no_mistake_of_a_caller() -> None:
    failures = {error.type for error in RequestError.__subclasses__() if error.code >= 500} - {Cancelled.type}
    bad = [outcomes_of(rule["expr"]) for rule in RULES if rule.get("record") == "luke_qa:bad_requests:rate1m"]
    valid = [outcomes_of(rule["expr"]) for rule in RULES if rule.get("record") == "luke_qa:requests:rate1m"]
    assert failures in bad
    assert failures | {"ok"} in valid
    assert failures < set(OUTCOMES)


def outcomes_of(expression: str) -> set[str]:
    found = re.search(r'outcome=~"([a-z_|]+)"', expression)
    return set(found[1].split("|")) if found else set()


def test_the_objective_for_latency_is_a_bucket() -> None:
    bounds = {bound for rule in RULES for bound in re.findall(r'le="([0-9.]+)"', rule["expr"])}
    assert bounds
    assert bounds <= {str(bound) for bound in BUCKETS}


def test_every_metric_of_the_rules_exists(prometheus: Prometheus) -> None:
    selectors = {selector for rule in RULES for selector in metrics_of(rule["expr"])}
    assert len(selectors) > 12
    for name in selectors:
        if not name.startswith("probe_"):  # of the blackbox exporter
            wait_for(partial(prometheus.query, name))


def metrics_of(expression: str) -> Iterator[str]:
    """The names of the metrics in an expression of PromQL."""
    text = promql_parser.parse(expression).prettify()
    return (match[1] for match in re.finditer(r"\b((?:luke_qa|haproxy|probe)[a-z0-9_:]+)[{\[\s]", f"{text} "))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def drilled(tmp_path: Path) -> Iterator[Instance]:
    instance = make_instance(tmp_path / "home", free_ports())
    yield instance
    stop(instance)


@pytest.mark.slow
def test_an_alert_reaches_a_person_and_is_taken_back(
    archive: Path, drilled: Instance, receiver: Receiver, tmp_path: Path
) -> None:
    address = drilled.control_url.partition("//")[2]
    logs = drilled.home / "logs"
    with (
        run_alertmanager(tmp_path, receiver.url) as alertmanager,
        run_prometheus(tmp_path, {"luke-qa": address, "alertmanager": alertmanager}, hasty=True) as prometheus,
    ):
        receiver.wait_for("/page", "LukeQaDown", "firing")  # there is no server yet
        start(drilled, archive, logs)
        receiver.wait_for("/page", "LukeQaDown", "resolved")
        wait_for(lambda: value(prometheus, "luke_qa_workers_ready") == 2)
        wait_for(lambda: prometheus.query('ALERTS{alertname="LukeQaWorkersMissing"}') == [])

        def is_told() -> bool:
            """Kill a worker that runs: one that is back before alertmanager has spoken is no alert any more."""
            observation = observe(drilled, timeout=5)
            if observation and observation.ready == 2:
                os.kill(observation.workers[0].process_id, signal.SIGKILL)
            return ("/ticket", "LukeQaWorkersMissing", "firing") in receiver.alerts

        wait_for(is_told)
        receiver.wait_for("/ticket", "LukeQaWorkersMissing", "resolved")

        stop(drilled)
        receiver.wait_for("/page", "LukeQaDown", "firing")
        start(drilled, archive, logs)
        receiver.wait_for("/page", "LukeQaDown", "resolved")


def value(prometheus: Prometheus, expression: str) -> float | None:
    result: list[dict[str, Any]] = prometheus.query(expression)
    return float(result[0]["value"][1]) if result else None
