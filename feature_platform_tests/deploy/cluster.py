"""A cluster without Kubernetes: the API server of the tests, which runs each job's command as a process.

What a run launcher can tell apart is there: nodes with labels, taints, cores, memory and GPUs; pods that wait for one;
environment from ConfigMaps and Secrets; logs, exit codes, eviction, want of memory.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes import client
from kubernetes.utils.quantity import parse_quantity

from feature_platform_tests.routing.kubernetes_api import KubernetesApi, running_kubernetes_api

TICK_SECONDS = 0.1
OUT_OF_MEMORY = "OOMKilled"
SIGNAL_EXIT = 128


@dataclass
class Node:
    """A machine; `capacity` by resource, `taints` as Kubernetes writes them."""

    name: str
    labels: Mapping[str, str]
    capacity: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...] = ()
    drained: bool = False

    def takes(self, spec: Mapping[str, Any], pods: "list[Pod]") -> bool:
        """Whether a pod of this spec may start beside those that run here."""
        if self.drained or not spec.get("nodeSelector", {}).items() <= self.labels.items():
            return False
        if not all(any(_tolerates(each, taint) for each in spec.get("tolerations", ())) for taint in self.taints):
            return False
        wanted = [_requests(spec), *(_requests(pod.spec) for pod in pods)]
        return all(
            sum(parse_quantity(each.get(resource, "0")) for each in wanted)
            <= parse_quantity(self.capacity.get(resource, "0"))
            for resource in ("cpu", "memory", "nvidia.com/gpu")
        )


@dataclass
class Pod:
    """One job's only pod; it waits until it has a node."""

    name: str
    job: str
    spec: Mapping[str, Any]
    log: Path
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    node: Node | None = None
    process: "subprocess.Popen[bytes] | None" = None
    exit_code: int | None = None
    reason: str | None = None
    terminating: bool = False
    deleted: bool = False

    @property
    def runs(self) -> bool:
        """Whether its process is alive, or is thought so."""
        return self.process is not None and self.exit_code is None

    def as_api(self) -> client.V1Pod:
        """What the API says of it."""
        ended = None
        if self.exit_code is not None:
            ended = client.V1ContainerStateTerminated(exit_code=self.exit_code, reason=self.reason or "Error")
        state = client.V1ContainerStatus(
            name="dagster",
            image="i",
            image_id="i",
            ready=self.runs,
            restart_count=0,
            state=client.V1ContainerState(terminated=ended),
        )
        return client.V1Pod(
            metadata=client.V1ObjectMeta(name=self.name),
            spec=client.V1PodSpec(
                containers=[client.V1Container(name="dagster")], node_name=self.node and self.node.name
            ),
            status=client.V1PodStatus(container_statuses=[state] if self.process else []),
        )


@dataclass
class Cluster(KubernetesApi):
    """Nodes, and the jobs that were sent; ConfigMaps and Secrets by name."""

    nodes: list[Node] = field(default_factory=list)
    folder: Path = Path()
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    all_pods: list[Pod] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, job: dict[str, Any]) -> None:
        """A pod that waits for a node."""
        super().create(job)
        name = job["metadata"]["name"]
        with self.lock:
            spec = job["spec"]["template"]["spec"]
            self.all_pods.append(Pod(f"{name}-pod", name, spec, self.folder / f"{name}.log"))

    def answer(self, path: str) -> object:
        """As before, of the pods that run here."""
        with self.lock:
            self.statuses = {pod.job: self._status(pod) for pod in self.all_pods}
            self.pods = {pod.job: [pod.as_api()] for pod in self.all_pods if not pod.deleted}
            if path.split("?", maxsplit=1)[0].endswith("/log"):
                name = urlsplit(path).path.split("/")[-2]
                return self.pod(name.removesuffix("-pod")).log.read_text(encoding="utf-8")[-2000:]
            return super().answer(path)

    def delete(self, path: str) -> None:
        """End a pod by its own name or its job's."""
        name = urlsplit(path).path.split("/")[-1]
        self.evict(self.pod(name.removesuffix("-pod")))

    def pod(self, job: str) -> Pod:
        """The pod of a job."""
        with self.lock:
            (found,) = (pod for pod in self.all_pods if pod.job == job)
        return found

    def drain(self, node: Node) -> None:
        """Take a machine away: its pods have their grace period, then they are gone."""
        node.drained = True
        with self.lock:
            pods = [pod for pod in self.all_pods if pod.node is node and pod.runs]
        for pod in pods:
            self.evict(pod)

    def evict(self, pod: Pod) -> None:
        """SIGTERM, the pod's grace period, SIGKILL; the pod is no more."""
        pod.terminating = True
        if pod.process is not None and pod.process.poll() is None:
            pod.process.terminate()
            try:
                pod.process.wait(timeout=pod.spec["terminationGracePeriodSeconds"])
            except subprocess.TimeoutExpired:
                pod.process.kill()
        pod.deleted = True

    def kill_for_memory(self, pod: Pod) -> None:
        """What the kernel does to a container above its limit."""
        assert pod.process is not None
        with self.lock:
            pod.reason = OUT_OF_MEMORY
            pod.process.kill()

    def tick(self) -> None:
        """Look after processes that ended, and give nodes to pods that wait."""
        with self.lock:
            for pod in self.all_pods:
                code = pod.process.poll() if pod.process is not None else None
                if code is not None and pod.exit_code is None:
                    pod.exit_code = code if code >= 0 else SIGNAL_EXIT - code
            for pod in self.all_pods:
                if pod.process is None and not pod.deleted:
                    self._schedule(pod)
            running: dict[str, int] = {}
            for pod in self.all_pods:
                # A run is over once its worker has said so, which is before its process and so its pod are gone.
                if pod.node is not None and pod.runs and not pod.terminating:
                    pool = pod.node.name.rsplit("-", 1)[0]
                    running[pool] = running.get(pool, 0) + 1
            for pool, count in running.items():
                self.most_at_once[pool] = max(count, self.most_at_once.get(pool, 0))

    def _schedule(self, pod: Pod) -> None:
        for node in self.nodes:
            beside = [other for other in self.all_pods if other.node is node and other.runs]
            if node.takes(pod.spec, beside):
                pod.node = node
                self._start(pod)
                return

    def _start(self, pod: Pod) -> None:
        (container,) = pod.spec["containers"]
        environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        for source in container.get("envFrom", ()):
            (reference,) = source.values()
            if not reference.get("optional") or reference["name"] in self.environments:
                environment |= self.environments[reference["name"]]
        for variable in container["env"]:
            if "value" in variable:
                environment[variable["name"]] = variable["value"]
            else:
                reference = variable["valueFrom"]["secretKeyRef"]
                environment[variable["name"]] = self.environments[reference["name"]][reference["key"]]
        with pod.log.open("wb") as log:
            pod.process = subprocess.Popen(
                container["args"], env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )

    def _status(self, pod: Pod) -> client.V1JobStatus:
        if pod.deleted:
            return client.V1JobStatus(start_time=pod.started, failed=1)
        if pod.exit_code is None:
            return client.V1JobStatus(start_time=pod.started, active=1)
        return client.V1JobStatus(start_time=pod.started, **({"succeeded": 1} if pod.exit_code == 0 else {"failed": 1}))


@contextmanager
def running_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """Serve its API and run its pods."""
    ended = threading.Event()

    def look_after() -> None:
        while not ended.wait(TICK_SECONDS):
            cluster.tick()

    thread = threading.Thread(target=look_after)
    with running_kubernetes_api(cluster):
        thread.start()
        try:
            yield cluster
        finally:
            ended.set()
            thread.join()
            for pod in cluster.all_pods:
                if pod.process is not None and pod.process.poll() is None:
                    os.killpg(pod.process.pid, signal.SIGKILL)
                    pod.process.wait()


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    same = toleration["operator"] == "Exists" or toleration.get("value") == taint["value"]
    return same and all(toleration[key] == taint[key] for key in ("key", "effect"))


def _requests(spec: Mapping[str, Any]) -> Mapping[str, str]:
    (container,) = spec["containers"]
    resources = container["resources"]
    # Of an extended resource the limit is the request.
    return {"nvidia.com/gpu": resources["limits"].get("nvidia.com/gpu", "0"), **resources["requests"]}
