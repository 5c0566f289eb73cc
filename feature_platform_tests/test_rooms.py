"""The domain rooms stand on their own: none of them may know Dagster."""

import ast
from pathlib import Path

import pytest

import feature_platform

PACKAGE = Path(feature_platform.__file__).parent
DOMAIN_ROOMS = (
    "device",
    "sources",
    "eras",
    "preprocessing",
    "features",
    "selection",
    "storage",
    "store",
    "stages",
    "plots",
    "demo",
    "reports",
)


def imported_modules(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return modules


@pytest.mark.parametrize("room", DOMAIN_ROOMS)
def test_domain_room_never_imports_dagster(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    outer = ("orchestration", "routing", "client", "cli", "definitions")
    forbidden = ("dagster", *(f"feature_platform.{room}" for room in outer))
    found = {(file.name, module) for file in files for module in imported_modules(file) if module.startswith(forbidden)}
    assert not found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_module_name_says_what_it_holds(file: Path) -> None:
    assert file.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
