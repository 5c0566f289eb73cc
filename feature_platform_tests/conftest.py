import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from feature_platform.storage.root import StorageRoot
from feature_platform_tests.full_disk import Disk, LimitedDisk, MissingMountError, mounted_disk
from feature_platform_tests.postgres_server import MissingPostgresError, PostgresServer, running_postgres
from feature_platform_tests.read_only import MissingRightError, OpenFolder, open_folder, stepped_down

if TYPE_CHECKING:
    from feature_platform_tests.routing.kubernetes_api import KubernetesApi

# No test asserts a time: a busy machine is not a failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What fills a disk or takes rights away is a fault test too."""
    for item in items:
        if {"disk", "unwritable"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.fault)


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> StorageRoot:
    """Every storage test runs on a local folder and on fsspec's in-memory object store."""
    if request.param == "local":
        return StorageRoot(str(tmp_path / "root"))
    return StorageRoot(f"memory://{tmp_path.name}")


@pytest.fixture
def unwritable() -> Iterator[OpenFolder]:
    """A folder whose write access can be taken; a skip where this is a root that cannot step down."""
    try:
        with stepped_down():
            pass
    except MissingRightError as error:
        pytest.skip(str(error))
    with open_folder() as folder:
        yield folder


@pytest.fixture(params=["mounted", "limited"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A disk that can be full: a real small one where it may be mounted, and a limit on files everywhere."""
    if request.param == "limited":
        (tmp_path / "disk").mkdir()
        yield LimitedDisk(tmp_path / "disk")
        return
    try:
        with mounted_disk(tmp_path / "disk") as mounted:
            yield mounted
    except MissingMountError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def api() -> Iterator["KubernetesApi"]:
    """A small server of Kubernetes' API."""
    # Imported here: few tests want it, and Kubernetes' client is slow to load.
    from feature_platform_tests.routing.kubernetes_api import KubernetesApi, running_kubernetes_api  # noqa: PLC0415

    with running_kubernetes_api(KubernetesApi()) as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """A client of a real Docker engine that has this checkout's image; without one a skip (in CI a failure)."""
    # Imported here: few tests want it.
    from feature_platform_tests.docker_engine import MissingDockerError, docker_engine  # noqa: PLC0415

    try:
        with docker_engine() as client:
            yield client
    except MissingDockerError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the Docker tests: {error}")
        pytest.skip(f"no Docker engine to test with: {error}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL cluster of this test process's own; where none is installed, a skip (in CI a failure)."""
    try:
        with running_postgres() as server:
            yield server
    except MissingPostgresError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the PostgreSQL tests: {error}")
        pytest.skip(f"no PostgreSQL server: {error}")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL (psycopg2) of a fresh, empty database."""
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def real_data() -> Path:
    """The folder of real greenhouse exports."""
    folder = os.environ.get("FEATURE_PLATFORM_REAL_DATA")
    if not folder:
        pytest.skip("FEATURE_PLATFORM_REAL_DATA names no folder of real exports")
    # Accept the folder that holds greenhouse/ as well: CI names that one.
    found = Path(folder)
    return found / "greenhouse" if (found / "greenhouse").is_dir() else found
