"""Dagster's launcher of Kubernetes jobs, which also records why a pod died; needs the k8s extra.

Nothing imports this but a route that names it: a machine without Kubernetes has no dagster-k8s.
"""

from typing import TYPE_CHECKING, Any

from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import get_job_name_from_run_id
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from feature_platform.errors import RoutingError
from feature_platform.routing.lost_worker import record_loss
from feature_platform.routing.pod_end import pods_end
from feature_platform.routing.worker_end import Cause, WorkerEnd

if TYPE_CHECKING:
    from collections.abc import Sequence


class KubernetesRunLauncher(K8sRunLauncher):
    """K8sRunLauncher, with its config; run monitoring fails a run only after its tags say why its pod died.

    Raises
    ------
    RoutingError
        If the cluster's own config is not there or not usable; the text names the key.
    """

    def __init__(self, **config: Any) -> None:  # noqa: ANN401 - whatever Dagster's takes, unchanged
        try:
            super().__init__(**config)
        except ConfigException as error:
            key = "load_incluster_config" if config.get("load_incluster_config", True) else "kubeconfig_file"
            raise RoutingError(
                f"{key}: no cluster can be reached with it ({error}); correct it, or run where the cluster is"
            ) from error

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """As Dagster's, and why a worker that failed did so."""
        health: CheckRunHealthResult = super().check_run_worker_health(run)
        if health.status != WorkerStatus.FAILED:
            return health
        namespace = self.get_container_context_for_run(run).namespace
        job = get_job_name_from_run_id(run.run_id, resume_attempt_number=self._get_resume_attempt_number(run))  # type: ignore[no-untyped-call]
        try:
            pods: Sequence[object] = self._api_client.get_pods_in_job(job, namespace)
        except (ApiException, HTTPError) as error:
            end = WorkerEnd(Cause.VANISHED, f"the worker is gone, and its pod cannot be asked why: {error}")
        else:
            end = pods_end(pods)
        current = self._instance.get_run_by_id(run.run_id)
        if current is None or current.is_finished:  # it reported its own end between the caller's look and ours
            return CheckRunHealthResult(WorkerStatus.SUCCESS, end.text)
        return CheckRunHealthResult(WorkerStatus.FAILED, record_loss(self._instance, current, end))
