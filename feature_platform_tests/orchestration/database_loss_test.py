"""A step whose database goes away ends its worker with the code that is retried, not as a failure of the code."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
import sqlalchemy as sa
from dagster._core.definitions.dependency import NodeHandle
from dagster._core.instance.ref import InstanceRef

from feature_platform.errors import CatalogueUnreachableError, SourceError
from feature_platform.orchestration import batch
from feature_platform.orchestration.assets import era as era_stages
from feature_platform.orchestration.batch import batch_config
from feature_platform.orchestration.database_loss import lost_database
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.routing.worker_end import DATABASE_LOST_EXIT
from feature_platform.stages.outcome import StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform_tests.orchestration.batches import declared_source, take_in
from feature_platform_tests.postgres_server import PostgresServer

pytestmark = [pytest.mark.fault, pytest.mark.postgres]

Run = Callable[[Platform, str], StageOutcome]


@pytest.fixture
def instance(tmp_path: Path, postgres_url: str) -> Iterator[dg.DagsterInstance]:
    storage = {"storage": {"postgres": {"postgres_url": postgres_url}}}
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), overrides=storage)) as opened:
        yield opened


CUT = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")


def loses(instance: dg.DagsterInstance) -> Run:
    """A stage in which the server cuts a connection of Dagster's storage, as it does when it stops."""

    def run(_platform: Platform, _era_id: str) -> StageOutcome:
        with instance.run_storage.connect() as connection:
            connection.execute(CUT)
        raise AssertionError("the connection was not cut")

    return run


def breaks(_platform: Platform, _era_id: str) -> StageOutcome:
    raise ValueError("this code is broken")


@pytest.mark.parametrize("packed", [False, True])
def test_an_era_whose_database_went_away_is_retried_and_broken_code_is_not(
    instance: dg.DagsterInstance,
    platform: Platform,
    definitions: dg.Definitions,
    tmp_path: Path,
    exits: list[int],
    monkeypatch: pytest.MonkeyPatch,
    packed: bool,
) -> None:
    era_id, *_ = take_in(declared_source(tmp_path / "declared"), platform, instance)
    first = era_stages.STAGES[0]

    def fails(stage: Run) -> dg.ExecuteInProcessResult:
        if packed:
            monkeypatch.setitem(batch.STAGE_BY_NAME, first.name, replace(first, run=stage))
            return definitions.resolve_job_def("era_batch_job").execute_in_process(
                instance=instance, run_config=batch_config([era_id], [first.name]), raise_on_error=False
            )
        asset = era_stages._era_asset(  # noqa: SLF001 - the factory is what is under test
            replace(first, run=stage, deps=()), owners=[], group="g"
        )
        resource = PlatformResource(storage=platform.storage_url, catalogue=platform.catalogue_url)
        return dg.materialize(
            [asset], instance=instance, partition_key=era_id, resources={"platform": resource}, raise_on_error=False
        )

    assert not fails(breaks).success
    assert exits == []
    assert not fails(loses(instance)).success
    assert exits == [DATABASE_LOST_EXIT]


def test_every_asset_and_the_batch_watch_for_it(definitions: dg.Definitions) -> None:
    for name in ("__ASSET_JOB", "era_batch_job"):
        job = definitions.resolve_job_def(name)
        unwatched = [
            node.name for node in job.graph.nodes if not job.get_all_hooks_for_handle(NodeHandle(node.name, None))
        ]
        assert unwatched == []


def test_what_is_no_loss(postgres_server: PostgresServer) -> None:
    def caught(statement: str, url: str = postgres_server.url()) -> Exception:
        engine = sa.create_engine(url)
        try:
            with engine.connect() as connection:
                connection.execute(sa.text(statement))
        except sa.exc.DBAPIError as error:
            return error
        finally:
            engine.dispose()
        raise AssertionError(statement)

    cut = caught(str(CUT))
    assert lost_database(cut)
    unreachable = CatalogueUnreachableError("away")
    unreachable.__cause__ = cut
    assert lost_database(unreachable)
    source = SourceError("the source's own server is away")
    source.__cause__ = cut
    assert not lost_database(source)
    assert not lost_database(caught("SELECT 1/0"))
    assert not lost_database(caught("SET statement_timeout = 1; SELECT pg_sleep(1)"))
    assert not lost_database(caught("SELECT 1 FROM missing", "sqlite://"))
    assert not lost_database(psycopg2.OperationalError("not by way of SQLAlchemy"))
    assert not lost_database(None)
