"""A server that answers the few requests of Kubernetes' API that a run launcher makes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import yaml
from kubernetes import client


@dataclass
class KubernetesApi:
    """What the cluster knows: status and pods by the name of a job, and the jobs that were created, as JSON.

    Every request is noted, as method and path.
    """

    port: int = 0
    statuses: dict[str, client.V1JobStatus] = field(default_factory=dict)
    pods: dict[str, list[client.V1Pod]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def write_config(self, file: Path) -> None:
        """A kubeconfig that leads here."""
        entry = {"name": "here", "context": {"cluster": "here", "user": "here"}}
        cluster = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}
        user = {"name": "here", "user": {"token": "none"}}
        config = {"current-context": "here", "contexts": [entry], "clusters": [cluster], "users": [user]}
        file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **config}), encoding="utf-8")

    def answer(self, path: str) -> object:
        """The object that a GET of this path returns; None where there is none."""
        parts, query = urlsplit(path).path.split("/"), parse_qs(urlsplit(path).query)
        name = query.get("fieldSelector", [""])[0].removeprefix("metadata.name=")
        found: object = None
        match parts[-1]:
            case "status" if parts[-2] in self.statuses:
                found = self._job(parts[-2])
            case "jobs":
                found = client.V1JobList(items=[self._job(name)] if name in self.statuses else [])
            case "pods" if "labelSelector" in query:
                job = query["labelSelector"][0].removeprefix("job-name=")
                found = client.V1PodList(items=self.pods.get(job, []))
            case "pods":
                pods = [pod for pods in self.pods.values() for pod in pods if pod.metadata.name == name]
                found = client.V1PodList(items=pods)
            case "events":
                found = client.CoreV1EventList(items=[])
            case "log":
                found = "said by a worker"
        return found

    def create(self, job: dict[str, Any]) -> None:
        """Take a job that was sent."""
        self.created.append(job)

    def delete(self, path: str) -> None:
        """Delete what a path names; here nothing runs."""

    def _job(self, name: str) -> client.V1Job:
        return client.V1Job(metadata=client.V1ObjectMeta(name=name), status=self.statuses[name])


Api = TypeVar("Api", bound=KubernetesApi)


@contextmanager
def running_kubernetes_api(api: Api) -> Iterator[Api]:
    """Serve it on a port of its own."""
    to_json = client.ApiClient(client.Configuration()).sanitize_for_serialization

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.requests.append((self.command, self.path))
            found = api.answer(self.path)
            self.reply(404 if found is None else 200, to_json(found) or {})

        def do_DELETE(self) -> None:
            api.requests.append((self.command, self.path))
            api.delete(self.path)
            self.reply(200, to_json(client.V1Status(status="Success")))

        def do_POST(self) -> None:
            api.requests.append((self.command, self.path))
            job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.create(job)
            self.reply(201, job)

        def reply(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
