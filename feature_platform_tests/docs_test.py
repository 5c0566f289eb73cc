"""The README and the docs say what the code does: keys, defaults, commands, names and examples are held to it."""

import ast
import importlib
import inspect
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import dropwhile, pairwise
from pathlib import Path
from typing import Annotated, Any, get_args

import dagster as dg
import pytest
import typer
import typer.main
import yaml
from dagster._config import process_config
from dagster._core.run_coordinator import RunCoordinator
from dagster._serdes import ConfigurableClassData
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

import feature_platform
from feature_platform.cli import app
from feature_platform.definitions import build_definitions
from feature_platform.eras.declared import declared_eras
from feature_platform.eras.era import LEVELS
from feature_platform.eras.settings import EraSettings
from feature_platform.errors import EraError
from feature_platform.features.settings import FeatureSetName
from feature_platform.routing import tags
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.stages import preprocessed_frame, tsfresh_features
from feature_platform_tests.deploy.commands import check_helm, check_kubectl

TOP = Path(__file__).parent.parent
DOCS = sorted(page for page in (TOP / "docs").glob("*.md") if not page.is_symlink())
PAGES = [TOP / "README.md", TOP / "CHANGELOG.md", *DOCS]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"yaml", "sh", "python", "sql", "mermaid", ""}
KEY_TABLE = "| key | default | meaning |"
CHECK_TABLE = "| check | on failure | what must hold |"
MINIMAL_SOURCE = {"source": "docs", "files": ["a.csv"], "sensors": [{"id": "afd3.air_temp", "column": 1}]}
USAGE_ERROR = typer.BadParameter.__base__
"""What click raises for an option that is not there; Typer brings click along under a name of its own."""


@dataclass(frozen=True)
class Block:
    """One fenced block, and where it begins."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fenced() -> list[Block]:
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for page in PAGES
        for text in [read(page)]
        for found in FENCE.finditer(text)
    ]


BLOCKS = fenced()


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def is_description(block: Block) -> bool:
    return re.search(r"^source:", block.text, re.MULTILINE) is not None


DESCRIPTIONS = [block for block in of("yaml") if is_description(block)]
OTHER_YAML = [block for block in of("yaml") if not is_description(block)]


def test_there_are_blocks_of_every_kind() -> None:
    assert {block.language for block in BLOCKS} == LANGUAGES
    assert len(BLOCKS) == sum(read(page).count("\n```") + read(page).startswith("```") for page in PAGES) / 2
    described = [yaml.safe_load(block.text).get("format", "csv") for block in DESCRIPTIONS]
    assert set(described) == {"csv", "parquet", "postgres"}
    assert OTHER_YAML


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", read(page))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


def test_the_readme_leads_to_every_page() -> None:
    assert set(re.findall(r"\]\(docs/([^)#]+)\)", read(TOP / "README.md"))) == {page.name for page in DOCS}


@pytest.mark.parametrize("block", DESCRIPTIONS, ids=str)
def test_a_source_description_loads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "source.yaml"
    file.write_text(block.text, encoding="utf-8")
    load_description(file)


@pytest.mark.parametrize("block", OTHER_YAML, ids=str)
def test_other_yaml_is_a_part_of_a_description_or_declared_eras_or_of_an_instance(block: Block, tmp_path: Path) -> None:
    content = yaml.safe_load(block.text)
    if isinstance(content, list):
        file = tmp_path / "eras.yaml"
        file.write_text(block.text, encoding="utf-8")
        assert len(declared_eras("docs", file, zone="Europe/Copenhagen")) == len(content)
    elif "run_coordinator" in content:
        (named,) = content.values()
        config = yaml.safe_dump(named["config"])
        ConfigurableClassData(named["module"], named["class"], config).rehydrate(as_type=RunCoordinator)
    elif "run_launcher" in content:
        # A route to Kubernetes cannot be built without a cluster; its keys can be held to what it takes.
        for route in content["run_launcher"]["config"]["routes"].values():
            launcher = getattr(importlib.import_module(route["module"]), route["class"])
            checked = process_config(launcher.config_type(), route["config"])
            assert checked.success, checked.errors
    else:
        SourceDescription.model_validate({**MINIMAL_SOURCE, **content})


def commands(text: str) -> Iterator[list[str]]:
    """The words of each line, without comment and redirection."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        if ">" in words:
            words = words[: words.index(">")]
        if words:
            yield words


def parsed(words: list[str]) -> dict[str, Any]:
    """The options of a `feature-platform` command, as the command itself would take them."""
    command, rest, name = typer.main.get_command(app), list(words[1:]), words[0]
    while isinstance(command, TyperGroup):
        # Such a group is a command of its own too, with options but without arguments.
        if command.invoke_without_command and not (rest and rest[0] in command.commands):
            break
        name = rest.pop(0)
        command = command.commands[name]
    options = command.make_context(name, rest).params
    if options.get("eras"):
        EraSettings.parse(options["eras"])
    assert options.get("level") in {None, *LEVELS}
    assert options.get("features") in {None, *get_args(FeatureSetName)}
    return options


COMPOSE_VERBS = {"build", "up", "down", "run", "exec", "logs", "stop", "start"}


def check_docker(words: list[str]) -> None:
    """Files, services and stages that a command of Docker's names are ours, and so is what a service is to run."""
    given = list(pairwise(words))
    assert all((TOP / named).is_file() for option, named in given if option == "--file")
    if words[1] == "build":
        assert f" AS {dict(given)['--target']}\n" in read(TOP / "docker" / "Dockerfile")
    elif words[1] == "compose":
        services = yaml.safe_load(read(TOP / "docker" / "compose.yaml"))["services"]
        (verb,) = COMPOSE_VERBS & set(words)
        rest = words[words.index(verb) + 1 :]
        if verb in {"run", "exec"}:
            service, *command = dropwhile(lambda word: word.startswith("-"), rest)
            assert service in services
            if command[0] != "sh":
                parsed(command)
        else:
            assert set(services) >= {word for word in rest if not word.startswith("-")}
    else:
        assert words[1] in {"kill", "logs"}


def check_terraform(words: list[str]) -> None:
    """Folder, command, and what it names of the folder's files."""
    folder = TOP / words[0].removeprefix("-chdir=")
    files = "".join(map(read, folder.glob("*.tf")))
    assert words[1] in {"init", "plan", "apply", "output", "state", "destroy"}
    options = [word.lstrip("-").split("=") for word in words[2:] if word.startswith("-")]
    names = [word for word in words[2:] if not word.startswith("-")]
    assert {option[0] for option in options} <= {"backend-config", "var", "target", "json", "raw"}
    assert all(f'variable "{option[1]}" {{' in files for option in options if option[0] == "var")
    addresses = [option[1] for option in options if option[0] == "target"]
    if words[1] == "output":
        assert all(f'output "{name}" {{' in files for name in names)
    elif words[1] == "state":
        addresses += names[1:]
    for kind, name in (address.split(".") for address in addresses):
        assert (f'module "{name}" {{' if kind == "module" else f'resource "{kind}" "{name}" {{') in files


def check_command(words: list[str]) -> None:
    if words[0] == "feature-platform":
        parsed(words)
    elif words[0] == "docker":
        check_docker(words)
    elif (TOP / words[0]).is_file():
        assert words[0].startswith("docker/")
    elif words[0] == "make":
        (phony,) = re.findall(r"^\.PHONY:(.*)$", read(TOP / "Makefile"), re.MULTILINE)
        assert words[1:]
        assert set(words[1:]) <= set(phony.split())
    elif words[0] == "terraform":
        check_terraform(words[1:])
    elif words[0] == "helm":
        check_helm(words)
    elif words[0] == "kubectl":
        check_kubectl(words)
    else:
        program, script, *arguments = [word for word in words if not re.fullmatch(r"[A-Z_]+=\S+", word)]
        assert program == "python"
        options = {word for word in arguments if word.startswith("--")}
        assert options <= set(re.findall(r'"(--[\w-]+)"', read(TOP / script)))


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_a_command_is_one_that_there_is(block: Block) -> None:
    lines = list(commands(block.text))
    assert lines
    for words in lines:
        check_command(words)


@pytest.mark.parametrize(
    "line",
    [
        "feature-platform forget",
        "feature-platform eras",
        "feature-platform run --eras calendar:month",
        "feature-platform run --source source.yaml --overwrite",
        "feature-platform run --source source.yaml --eras calendar:year",
        "feature-platform run --source source.yaml --features most",
        "feature-platform export features.csv --source greenhouse --level month",
        "make coffee",
        "docker compose --file docker/compose.yml up",
        "docker compose --file docker/compose.yaml run --rm client feature-platform demo",
        "docker compose --file docker/compose.yaml run --rm cli feature-platform forget",
        "docker build --file docker/Dockerfile --target tpu .",
        "docker prune",
        "docker/password.sh",
        "python benchmarks/import_csv.py 100 --fast",
        "dagster dev",
        "terraform -chdir=terraform/gke apply -var=colour=red",
        "terraform -chdir=terraform/gke output password",
        "terraform -chdir=terraform/vm apply -target=module.sky",
        "terraform -chdir=terraform/vm state rm google_compute_disk.boot",
        "terraform -chdir=terraform/aws apply -var=project=a",
        "helm install extras deploy --namespace default",
        "helm install extras deploy --namespace feature-platform --set database.hots=10.0.0.3",
        "helm upgrade dagster dagster/dagster --namespace feature-platform --values values.yaml",
        "kubectl create secret generic passwords --namespace feature-platform",
    ],
)
def test_a_command_that_there_is_not_is_caught(line: str) -> None:
    with pytest.raises((AssertionError, EraError, LookupError, ValueError, USAGE_ERROR)):
        check_command(shlex.split(line))


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_compiles_and_calls_what_there_is(block: Block) -> None:
    tree = ast.parse(block.text, filename=str(block))
    ours = {
        alias.name: getattr(importlib.import_module(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("feature_platform")
        for alias in node.names
    }
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ours
    ]
    assert calls or "from tsfresh import" in block.text  # what a script was before
    for call in calls:
        arguments = {keyword.arg: None for keyword in call.keywords if keyword.arg}
        inspect.signature(ours[call.func.id]).bind(*call.args, **arguments)


def table_rows(page: Path, header: str) -> Iterator[list[str]]:
    """The cells of all tables of a page with this header, as they are written."""
    rows = iter(read(page).splitlines())
    for line in rows:
        if line == header:
            next(rows)
            for row in rows:
                if not row.startswith("|"):
                    break
                yield [cell.strip() for cell in row.strip("|").split(" | ")]


def model_in(annotation: object) -> type[BaseModel] | None:
    """The section that a field holds, one or many; None for a plain value."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        section = model_in(field.annotation)
        if section is None:
            yield f"{prefix}{name}", field
        else:
            yield from fields_of(section, f"{prefix}{name}.")


def default_of(field: FieldInfo) -> object:
    if field.is_required():
        return "required"
    serialized = Annotated[field.annotation, field.description, *field.metadata]
    return TypeAdapter(serialized).dump_python(field.default, mode="json")


def written_default(cell: str) -> object:
    return yaml.safe_load(cell.strip("`")) if cell.startswith("`") else cell


def test_the_tables_have_every_key_of_a_description_with_its_default() -> None:
    rows = [row for page in PAGES for row in table_rows(page, KEY_TABLE)]
    written = {key.strip("`"): written_default(default) for key, default, _ in rows}
    assert len(written) == len(rows)
    assert written == {key: default_of(field) for key, field in fields_of(SourceDescription)}


@pytest.mark.parametrize(
    ("page", "checks"), [("preprocessing.md", preprocessed_frame.CHECKS), ("features.md", tsfresh_features.CHECKS)]
)
def test_the_tables_have_every_check(page: str, checks: Mapping[str, str]) -> None:
    assert [check.strip("`") for check, _, _ in table_rows(TOP / "docs" / page, CHECK_TABLE)] == list(checks)


def test_the_routing_settings_are_the_coordinator_s() -> None:
    rows = list(table_rows(TOP / "docs" / "routing.md", "| setting | default | what |"))
    assert {"policy", "prices", "candidates"} <= {setting.strip("`") for setting, _, _ in rows}
    assert {setting.strip("`") for setting, _, _ in rows} <= set(EraRunCoordinator.config_type())


def test_assets_jobs_sensors_and_schedules_are_there() -> None:
    defs = build_definitions()
    assets = {
        key.to_user_string()
        for asset in defs.assets or ()
        for key in (asset.keys if isinstance(asset, dg.AssetsDefinition) else [asset.key])
    }
    rows = list(table_rows(TOP / "docs" / "concepts.md", "| asset | partition | what it does | its own job |"))
    assert {row[0].strip("`") for row in rows} == assets
    named = {thing.name for thing in (*(defs.jobs or ()), *(defs.sensors or ()), *(defs.schedules or ()))}
    mentioned = {name for page in PAGES for name in re.findall(r"`(\w+_(?:job|sensor|schedule))`", read(page))}
    assert mentioned == named


def test_tags_and_variables_are_there() -> None:
    text = "".join(map(read, PAGES))
    known = {value for name, value in vars(tags).items() if name.isupper()}
    # What goes on with a slash is a file's path.
    mentioned = set(re.findall(r"feature_platform/[a-z_]+\b(?!/)", text))
    assert tags.FORCE in mentioned
    assert mentioned <= known
    code = "".join(
        map(read, [*Path(feature_platform.__file__).parent.rglob("*.py"), *Path(__file__).parent.rglob("*.py")])
    )
    variables = set(re.findall(r"FEATURE_PLATFORM_[A-Z_]+", text))
    assert variables
    assert variables <= set(re.findall(r'"(FEATURE_PLATFORM_[A-Z_]+)"', code))
