"""The wheel that a user installs: it holds what `feature-platform init` lays out, and works without the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import feature_platform
from feature_platform.templates import NAMES, template

CHECKOUT = Path(feature_platform.__file__).parent.parent

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / "pyproject.toml").is_file(), reason="the package is installed: there is no checkout to build from"
)


def python(*arguments: str, folder: Path, path: Path | None = None) -> str:
    environment = {name: text for name, text in os.environ.items() if name not in {"DAGSTER_HOME", "PYTHONPATH"}}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    python(
        *("-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"),
        *("--no-index", "--wheel-dir", str(folder), str(CHECKOUT)),
        folder=folder,
    )
    (built,) = folder.glob("feature_platform-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import the wheel's package from."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_it_holds_the_package_and_its_templates_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for name in NAMES:
            assert archive.read(f"feature_platform/templates/{name}").decode() == template(name)
    sources = [path for kind in ("*.py", "*.html") for path in (CHECKOUT / "feature_platform").rglob(kind)]
    assert {path.relative_to(CHECKOUT).as_posix() for path in sources} | {"feature_platform/py.typed"} <= names
    assert not [name for name in names if name.startswith(("feature_platform_tests", "benchmarks", "docs"))]


def test_init_lays_out_a_folder_from_it(installed: Path, tmp_path: Path) -> None:
    where = python("-c", "import feature_platform; print(feature_platform.__file__)", folder=tmp_path, path=installed)
    assert Path(where.strip()).is_relative_to(installed)
    python("-m", "feature_platform", "init", "work", folder=tmp_path, path=installed)
    for name in NAMES:
        assert (tmp_path / "work" / ".feature_platform" / name).read_text(encoding="utf-8") == template(name)
    assert (tmp_path / "work" / "source.yaml").is_file()


def test_doctor_finds_what_init_laid_out_fit(installed: Path, tmp_path: Path) -> None:
    python("-m", "feature_platform", "init", "work", folder=tmp_path, path=installed)
    said = python("-m", "feature_platform", "doctor", folder=tmp_path / "work", path=installed)
    assert "EraRunCoordinator, RoutedRunLauncher" in said
    assert f"home: {tmp_path / 'work' / '.feature_platform'}" in said


def test_pip_installs_it_into_an_empty_environment_with_its_command(wheel: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    python("-m", "venv", "--without-pip", str(empty), folder=tmp_path)
    installing = ("install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel))
    python("-m", "pip", "--python", str(empty / "bin" / "python"), *installing, folder=tmp_path)
    # What it depends on is there already: no test asks a package index for it.
    (library,) = (empty / "lib").glob("python*/site-packages")
    (library / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    environment = {name: text for name, text in os.environ.items() if name not in {"DAGSTER_HOME", "PYTHONPATH"}}
    assert (library / "feature_platform" / "py.typed").is_file()
    for program, *arguments in (["feature-platform"], ["python", "-m", "feature_platform"]):
        words = [str(empty / "bin" / program), *arguments, "--version"]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, f"feature-platform {wheel.name.split('-')[1]}\n"), done.stderr
