"""One machine: Compose brings all up in order, a killed run is retried, a version goes in and out with data there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from docker.errors import ImageNotFound

from feature_platform.eras.tables import SCHEMA_REVISION
from feature_platform.orchestration.jobs import BATCH_JOB
from feature_platform.routing.run_containers import container_name
from feature_platform_tests.deploy.compose import NAME, PGBOUNCER, POSTGRES, Deployment, Run, docker_client, waited
from feature_platform_tests.docker_engine import BASE, IMAGE
from feature_platform_tests.routing.home import REPOSITORY
from feature_platform_tests.tiny_source import tiny_source

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

NEWER = "feature-platform:test-newer"
NEWER_SCHEMA = f"{int(SCHEMA_REVISION) + 1:04}"
PLATFORM = "/opt/feature_platform/lib/python3.11/site-packages/feature_platform"
MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEWER_SCHEMA}"
down_revision = "{SCHEMA_REVISION}"


def upgrade():
    op.create_table("catalogue_later", sa.Column("name", sa.Text, primary_key=True))


def downgrade():
    op.drop_table("catalogue_later")
"""
NEWER_IMAGE = f"""
FROM {IMAGE}
USER root
COPY later.py {PLATFORM}/eras/migrations/versions/
RUN sed -i 's/^SCHEMA_REVISION = .*/SCHEMA_REVISION = "{NEWER_SCHEMA}"/' {PLATFORM}/eras/tables.py
USER 10001:10001
"""
SOURCE = "/data/tiny/tiny.yaml"
RUN = ("run", "--rm", "-T", "cli", "feature-platform", "run", "--source", SOURCE, "--json")
PROGRAMS = ("webserver", "daemon", "code")


@pytest.fixture(scope="module")
def deployment(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Up, with a source of a few eras on its volume."""
    try:
        engine.images.get(POSTGRES)
    except ImageNotFound:
        pytest.skip(f"the engine has no image {POSTGRES}; pull it, or run: docker/offline-base.sh")
    build = [docker_client(), "build", "--file", REPOSITORY / "docker" / "Dockerfile", "--target", "pgbouncer"]
    subprocess.run([*build, "--tag", PGBOUNCER, REPOSITORY], env=os.environ | {"DOCKER_BUILDKIT": "1"}, check=True)
    folder = tmp_path_factory.mktemp("compose")
    deployed = Deployment.copied(folder / "docker")
    deployed.remove(engine)
    try:
        deployed("up", "--detach", "--no-build")
        tiny_source(folder / "tiny", days=20, features={"feature_set": "efficient"})
        volumes = {f"{NAME}_data": {"bind": "/data"}, str(folder / "tiny"): {"bind": "/from", "mode": "ro"}}
        engine.containers.run(BASE, ["cp", "-r", "/from", "/data/tiny"], volumes=volumes, remove=True)
        yield deployed
    finally:
        deployed.remove(engine)
        engine.images.remove(PGBOUNCER, force=True)


@pytest.fixture(scope="module")
def newer(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image of a version whose catalogue has one migration more."""
    folder = tmp_path_factory.mktemp("newer")
    (folder / "Dockerfile").write_text(NEWER_IMAGE, encoding="utf-8")
    (folder / "later.py").write_text(MIGRATION, encoding="utf-8")
    engine.images.build(path=str(folder), tag=NEWER, rm=True)
    yield NEWER
    engine.images.remove(NEWER, force=True)


@pytest.fixture(scope="module")
def computed(deployment: Deployment, engine: Any) -> list[Run]:
    """The runs of a source whose worker was killed in the middle."""

    def batch() -> str | None:
        """The run that computes the eras, once its worker is at it."""
        return next((run.run_id for run in deployment.runs() if (run.job, run.status) == (BATCH_JOB, "STARTED")), None)

    with subprocess.Popen(
        deployment.command(*RUN), env=deployment.environment(IMAGE), stdout=subprocess.PIPE, text=True
    ) as command:
        engine.containers.get(container_name(waited(batch, "a run"))).kill()
        said, _ = command.communicate()
    assert command.returncode == 0, said
    return deployment.runs()


def test_all_are_healthy_in_order(deployment: Deployment, engine: Any) -> None:
    def moment(service: str, which: str) -> datetime:
        return datetime.fromisoformat(deployment.container(engine, service).attrs["State"][which][:26].rstrip("Z"))

    for service in ("postgres", "pgbouncer", *PROGRAMS):

        def healthy(name: str = service) -> bool | None:
            return deployment.container(engine, name).attrs["State"]["Health"]["Status"] == "healthy" or None

        waited(healthy, service)
    assert deployment.container(engine, "migrate").attrs["State"]["ExitCode"] == 0
    assert moment("postgres", "StartedAt") < moment("pgbouncer", "StartedAt") < moment("code", "StartedAt")
    assert moment("migrate", "FinishedAt") < moment("code", "StartedAt")
    assert moment("code", "StartedAt") < min(moment(service, "StartedAt") for service in ("webserver", "daemon"))


def test_a_run_whose_container_is_killed_is_retried_and_ends_green(computed: list[Run]) -> None:
    (killed,) = (run for run in computed if run.status == "FAILURE")
    (again,) = (run for run in computed if run.tags.get("dagster/parent_run_id") == killed.run_id)
    assert (killed.job, again.job, again.status) == (BATCH_JOB, BATCH_JOB, "SUCCESS")
    assert killed.tags["feature_platform/worker_lost"] == "killed"
    assert {run.status for run in computed if run is not killed} == {"SUCCESS"}


def test_a_newer_version_goes_in_and_out_with_data_there(
    deployment: Deployment, engine: Any, newer: str, computed: list[Run]
) -> None:
    def eras(image: str) -> list[dict[str, object]]:
        listed = deployment("run", "--rm", "-T", "cli", "feature-platform", "eras", "list", "--json", image=image)
        found: list[dict[str, object]] = json.loads(listed.stdout)
        return found

    def go_on(image: str) -> None:
        """Everything is of this image and goes on from what was there."""
        assert {deployment.container(engine, service).attrs["Config"]["Image"] for service in PROGRAMS} == {image}
        seen = {run.run_id for run in waited(lambda: shown(deployment), "the webserver")}
        assert seen >= {run.run_id for run in computed}
        launched = deployment.launch(str(before[0]["era"]))

        def ended() -> str | None:
            (run,) = (run for run in deployment.runs() if run.run_id == launched)
            return run.status if run.status in {"SUCCESS", "FAILURE", "CANCELED"} else None

        assert waited(ended, "an era's run") == "SUCCESS"
        worker = engine.containers.get(container_name(launched))
        assert worker.attrs["Config"]["Image"] == image

    before = eras(IMAGE)
    assert len(before) >= 4
    deployment("stop", "webserver", "daemon")
    deployment("up", "--detach", "--no-build", image=newer)
    assert eras(newer) == before
    go_on(newer)

    # The older version on the newer catalogue: refused, before anything of it starts, with the way back.
    deployment("stop", *PROGRAMS)
    deployment("up", "--detach", "--no-build", fails=True)
    told = " ".join(deployment("logs", "--no-color", "migrate").stdout.split())
    way_back = re.search(r"its schema '(\d+)' is newer .* that version: feature-platform (eras migrate --to \d+)", told)
    assert way_back, told
    assert way_back[1] == NEWER_SCHEMA
    deployment("run", "--rm", "-T", "migrate", "feature-platform", *way_back[2].split(), image=newer)
    deployment("up", "--detach", "--no-build")
    assert eras(IMAGE) == before
    go_on(IMAGE)


def shown(deployment: Deployment) -> list[Run] | None:
    """The runs, once the webserver answers."""
    try:
        return deployment.runs()
    except OSError:
        return None
