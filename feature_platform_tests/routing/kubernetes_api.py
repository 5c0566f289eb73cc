"""A server that answers the few requests of Kubernetes' API that a run launcher makes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from kubernetes import client


@dataclass
class KubernetesApi:
    """What the cluster knows: status and pods by the name of a job, and the jobs that were created, as JSON."""

    port: int = 0
    statuses: dict[str, client.V1JobStatus] = field(default_factory=dict)
    pods: dict[str, list[client.V1Pod]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)

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
        if parts[-1] == "status":
            status = self.statuses.get(parts[-2])
            return status and client.V1Job(metadata=client.V1ObjectMeta(name=parts[-2]), status=status)
        if parts[-1] == "pods":
            job = query.get("labelSelector", [""])[0].removeprefix("job-name=")
            return client.V1PodList(items=self.pods.get(job, []))
        return None


@contextmanager
def running_kubernetes_api() -> Iterator[KubernetesApi]:
    """The server, on a port of its own."""
    api = KubernetesApi()
    to_json = client.ApiClient(client.Configuration()).sanitize_for_serialization

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = api.answer(self.path)
            self.reply(404 if found is None else 200, to_json(found) or {})

        def do_POST(self) -> None:
            job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.created.append(job)
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
