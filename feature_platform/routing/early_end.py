"""Containers that end before their run begins, which Dagster's monitoring does not look at."""

import threading
from contextlib import suppress
from typing import Any

import dagster as dg

from feature_platform.routing.container_end import docker_end
from feature_platform.routing.report_end import report_end
from feature_platform.routing.run_containers import ENGINE_ERRORS


def watch_for_early_end(instance: dg.DagsterInstance, run_id: str, container: Any) -> None:  # noqa: ANN401 - docker ships no types
    """Report the run as failed if its container ends while the run is still to begin; returns at once.

    Such an end is one of the image, the memory or a secret, and would else be told as a start that took too long.
    """

    def watch() -> None:
        with suppress(*ENGINE_ERRORS):  # the start timeout is still there
            container.wait()
            container.reload()
            run = instance.get_run_by_id(run_id)
            # Once it has begun its end is the monitoring's to report, and must not be reported twice.
            if run is not None and run.status == dg.DagsterRunStatus.STARTING:
                report_end(instance, run_id, docker_end(container.attrs))

    threading.Thread(target=watch, name=f"container of run {run_id}", daemon=True).start()
