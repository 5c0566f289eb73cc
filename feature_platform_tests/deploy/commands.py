"""The commands of helm and kubectl in the docs, held to what is shipped."""

from itertools import pairwise
from typing import Any

import yaml

from feature_platform_tests.deploy.chart_values import EXTRAS, ROUTES, chart_values
from feature_platform_tests.routing.home import REPOSITORY

RELEASES = {"extras": "deploy", "dagster": "dagster/dagster"}
KUBECTL = {"create", "exec", "get", "logs", "port-forward"}


def check_helm(words: list[str]) -> None:
    """Our releases, charts, files and values; anything goes with `repo` and `pull`."""
    verb, release = words[1], words[2]
    if verb in {"repo", "pull"}:
        return
    assert verb in {"install", "upgrade", "rollback", "uninstall"}
    assert release in RELEASES
    assert option(words, "--namespace") == namespace()
    if verb in {"install", "upgrade"}:
        assert words[3] == RELEASES[release]
        assert release != "dagster" or option(words, "--values") == "helm-values.yaml"
    for word, following in pairwise(words):
        if word == "--values":
            assert (REPOSITORY / following).is_file()
        if word == "--set":
            key, _, value = following.partition("=")
            assert value
            found: Any = yaml.safe_load((EXTRAS / "values.yaml").read_text(encoding="utf-8"))
            for part in key.split("."):
                found = found[part]


def check_kubectl(words: list[str]) -> None:
    """Our namespace, and Secrets that something takes."""
    assert words[1] in KUBECTL
    if words[1:3] == ["create", "namespace"]:
        assert words[3] == namespace()
        return
    assert option(words, "--namespace") == namespace()
    if words[1:3] == ["create", "secret"]:
        taken = (EXTRAS / "values.yaml").read_text(encoding="utf-8") + yaml.safe_dump(chart_values())
        assert words[4] in taken


def namespace() -> str:
    """Where the routes send their jobs."""
    routes = chart_values()["runLauncher"]["config"]["customRunLauncher"]["config"]["routes"]
    (found,) = {routes[route]["config"]["job_namespace"] for route in ROUTES}
    return str(found)


def option(words: list[str], name: str) -> str:
    """What follows an option."""
    return words[words.index(name) + 1]
