"""What a route of containers asks Docker for; no engine is asked yet."""

import dagster as dg
import pytest
from docker.types import DeviceRequest

from feature_platform.routing.container_config import with_device
from feature_platform.routing.docker import DockerContainerLauncher
from feature_platform_tests.routing.home import create_run


def test_a_container_has_its_route_s_share_and_its_run_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_DAEMON", "here")
    launcher = DockerContainerLauncher(
        image="feature-platform:cpu",
        env_vars=["FROM_THE_DAEMON", "OPENBLAS_NUM_THREADS=8"],
        container_kwargs={"read_only": True},
        threads=4,
        tsfresh_n_jobs=3,
        env={"OPENBLAS_NUM_THREADS": "1"},
        memory_mib=512,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        run = create_run(instance, {})
        context = launcher.get_container_context(run)
    variables = dict(variable.split("=") for variable in context.env_vars if "=" in variable)
    assert "FROM_THE_DAEMON" in context.env_vars
    # The last of a name counts: env over threads, and both over env_vars.
    assert variables["OPENBLAS_NUM_THREADS"] == "1"
    assert (variables["NUMBA_NUM_THREADS"], variables["TSFRESH_N_JOBS"]) == ("4", "3")
    assert context.container_kwargs == {
        "init": True,
        "read_only": True,
        "mem_limit": "512m",
        "memswap_limit": "512m",
        "labels": {"feature_platform/grace_seconds": "30"},
        "name": f"feature-platform-{run.run_id}",
    }
    assert not launcher.supports_resume_run


@pytest.mark.parametrize("labels", [["team"], {"team": ""}])
def test_a_device_adds_to_a_route_s_labels(labels: object) -> None:
    given = with_device("GPU-1a2b", {"labels": labels})
    assert given["device_requests"] == [DeviceRequest(device_ids=["GPU-1a2b"], capabilities=[["gpu"]])]
    assert given["labels"] == {"team": "", "feature_platform/device": "GPU-1a2b"}
