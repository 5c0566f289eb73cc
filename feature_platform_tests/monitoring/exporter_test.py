"""The exporter over HTTP, on a real instance and catalogue."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import dagster as dg
import pytest
import requests
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.run_coordinator import SubmitRunContext
from prometheus_client.parser import text_string_to_metric_families

from feature_platform.eras.stage_costs import StageCost
from feature_platform.monitoring.exporter import Exporter, serve
from feature_platform.routing.lost_worker import record_loss
from feature_platform.routing.worker_end import Cause, WorkerEnd
from feature_platform.stages.platform import Platform
from feature_platform_tests.postgres_server import free_port
from feature_platform_tests.routing.home import REPOSITORY, create_run, make_home, open_instance
from feature_platform_tests.stages.house import take_in
from feature_platform_tests.tiny_source import tiny_source

PRICES = {"cpu": 0.2, "gpu": 3.0}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    make_home(tmp_path / "home", [10], {"run_coordinator": {"prices": PRICES}})
    with open_instance(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'eras.db'}")


Values = dict[str, dict[tuple[str, ...], float]]


def scraped(port: int) -> Values:
    """Each sample's values by its labels' values in the order of their names."""
    found: Values = {}
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name.removeprefix("feature_platform_"), {})[labels] = sample.value
    return found


@pytest.fixture
def exported(instance: dg.DagsterInstance, platform: Platform) -> Iterator["Served"]:
    with Served(instance, platform) as served:
        yield served


class Served:
    """An exporter that answers, and looks when it is told to."""

    def __init__(self, instance: dg.DagsterInstance, platform: Platform) -> None:
        self.exporter = Exporter(instance, platform)
        self.port = free_port()
        self._stop = threading.Event()
        hour = timedelta(hours=1)
        self._thread = threading.Thread(
            target=serve,
            args=(self.exporter,),
            kwargs={"host": "127.0.0.1", "port": self.port, "stop": self._stop, "interval": hour, "era_interval": hour},
        )

    def __enter__(self) -> Self:
        self._thread.start()
        while True:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10)
            except requests.ConnectionError:
                continue
            return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()

    def look(self) -> Values:
        self.exporter.refresh()
        self.exporter.refresh_eras()
        return scraped(self.port)


def submitted(instance: dg.DagsterInstance, tags: dict[str, str], retry_of: dg.DagsterRun | None = None) -> str:
    run = create_run(instance, tags, retry_of=retry_of)
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None)).run_id


def found(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run


def reports(instance: dg.DagsterInstance, run_id: str, *kinds: dg.DagsterEventType) -> None:
    for kind in kinds:
        event = dg.DagsterEvent(kind.value, "probe_job", message="")
        instance.report_dagster_event(event, run_id=run_id)


def test_runs_wait_go_on_and_end(instance: dg.DagsterInstance, exported: Served) -> None:
    kind = dg.DagsterEventType
    waiting, going, done = (submitted(instance, {"feature_platform/force": route}) for route in ("gpu", "cpu", "cpu"))
    reports(instance, going, kind.RUN_STARTING, kind.RUN_START)
    reports(instance, done, kind.RUN_STARTING, kind.RUN_START, kind.RUN_SUCCESS)
    values = exported.look()
    assert values["runs"]["gpu", "queued"] == values["runs"]["cpu", "started"] == 1
    assert values["runs"]["cpu-highmem", "queued"] == values["runs"]["cpu", "queued"] == 0
    assert 0 < values["queue_oldest_seconds"]["gpu",] < 60
    assert values["queue_oldest_seconds"]["cpu",] == 0
    assert values["run_limit"]["gpu",] == 1
    assert values["runs_ended_total"] == {("probe_job", "cpu", "success"): 1}
    assert values["run_seconds_count"] == {("probe_job", "cpu"): 1}
    assert values["run_wait_seconds_count"] == {("cpu",): 1}
    assert (
        0
        < values["run_cost_total"]["probe_job", "cpu"]
        == pytest.approx(values["run_seconds_sum"]["probe_job", "cpu"] * PRICES["cpu"] / 3600)
    )
    instance.add_run_tags(done, {"a note": "written later"})
    assert exported.look()["runs_ended_total"] == values["runs_ended_total"], "counted once"
    reports(instance, waiting, kind.RUN_STARTING, kind.RUN_START)
    assert exported.look()["runs"]["gpu", "queued"] == 0


def test_a_run_costs_what_its_class_cost_when_it_was_submitted(instance: dg.DagsterInstance, exported: Served) -> None:
    kind = dg.DagsterEventType
    run_id = submitted(instance, {"feature_platform/force": "cpu"})
    instance.add_run_tags(run_id, {"feature_platform/price_per_hour": "9"})
    reports(instance, run_id, kind.RUN_STARTING, kind.RUN_START, kind.RUN_SUCCESS)
    values = exported.look()
    seconds = values["run_seconds_sum"]["probe_job", "cpu"]
    assert 0 < values["run_cost_total"]["probe_job", "cpu"] == pytest.approx(seconds * 9 / 3600)


def test_lost_workers_retries_and_escalations(instance: dg.DagsterInstance, exported: Served) -> None:
    first = submitted(instance, {"dagster/partition": instance.get_dynamic_partitions("eras")[0]})
    record_loss(instance, found(instance, first), WorkerEnd(Cause.OUT_OF_MEMORY, "the worker ran out of memory"))
    lost = JobFailureData(None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION)
    instance.report_run_failed(found(instance, first), "lost", lost)
    parent = found(instance, first)
    second = submitted(instance, {**parent.tags, "dagster/retry_number": "1"}, retry_of=parent)
    assert found(instance, second).tags["feature_platform/compute"] == "cpu-highmem"
    reports(instance, second, dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS)
    values = exported.look()
    assert values["workers_lost_total"] == {("out_of_memory", "cpu"): 1}
    assert values["run_escalations_total"] == {("cpu", "cpu-highmem"): 1}
    assert values["run_retries_total"] == {("cpu-highmem",): 1}


def test_what_ended_before_the_exporter_began_is_not_counted(
    instance: dg.DagsterInstance, exported: Served, platform: Platform
) -> None:
    run = submitted(instance, {})
    reports(instance, run, dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS)
    with Served(instance, platform) as later:
        assert later.look().get("runs_ended_total", {}) == {}
    assert len(exported.look()["runs_ended_total"]) == 1


def test_stages_and_eras(platform: Platform, exported: Served, tmp_path: Path) -> None:
    ids = take_in(platform, tiny_source(tmp_path / "source", days=4, eras={"method": "calendar", "unit": "1d"}))
    now = datetime.now(UTC)

    def cost(era_id: str, seconds: float, at: datetime) -> StageCost:
        return StageCost("cpu", "minimal", "tsfresh_features", era_id, 1000, 10, seconds, "native", at)

    platform.catalogue.record_costs([cost(ids[0], 2.0, now), cost(ids[1], 3.0, now)])
    platform.catalogue.record_costs([cost(ids[2], 9.0, now - timedelta(hours=1))])
    exported.look()
    platform.catalogue.record_costs([cost(ids[0], 4.0, now + timedelta(seconds=1))])
    values = exported.look()
    key = ("native", "cpu", "tsfresh_features")
    assert values["stage_eras_total"] == {key: 3}
    assert values["stage_seconds_total"] == {key: 9.0}
    assert values["stage_readings_total"] == {key: 3000}
    assert values["eras"] == {("tiny", "due"): 4, ("tiny", "fresh"): 0, ("tiny", "outdated"): 0, ("tiny", "skipped"): 0}


def test_silent_daemons_have_no_sign_of_life(exported: Served) -> None:
    heartbeats = exported.look()["daemon_heartbeat_timestamp_seconds"]
    assert heartbeats["queued_run_coordinator",] == 0
    assert {"sensor", "backfill", "monitoring", "event_log_consumer"} <= {name for (name,) in heartbeats}


def test_a_database_that_is_away_shows_and_what_was_counted_stays(
    exported: Served, platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(exported.look()["exporter_up"].values()) == {1}
    (tmp_path / "eras.db").rename(tmp_path / "away.db")
    (tmp_path / "eras.db").mkdir()
    values = exported.look()
    assert values["exporter_up"] == {("daemons",): 1, ("eras",): 0, ("runs",): 1, ("stages",): 0}
    (tmp_path / "eras.db").rmdir()
    (tmp_path / "away.db").rename(tmp_path / "eras.db")
    assert set(exported.look()["exporter_up"].values()) == {1}


def test_the_docs_name_every_metric_and_its_labels(instance: dg.DagsterInstance, platform: Platform) -> None:
    exporter = Exporter(instance, platform)
    exported = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in exporter.registry.collect()
    }
    page = (REPOSITORY / "docs" / "monitoring.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(feature_platform_\w+)` \| ([^|]+) \|", page, flags=re.MULTILINE))
    assert set(table) == set(exported)
    for name, labels in table.items():
        metric = exporter.registry._names_to_collectors[name]  # noqa: SLF001 - there is no public way to a metric's labels
        assert ", ".join(metric._labelnames) == labels, name  # type: ignore[attr-defined]  # noqa: SLF001
