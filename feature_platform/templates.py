"""The deployment files that ship with the package: dagster.yaml and workspace.yaml."""

from importlib.resources import files
from pathlib import Path

from feature_platform.errors import StorageError

NAMES = ("dagster.yaml", "workspace.yaml")


def template(name: str) -> str:
    """A file's text, from the installed package or, in a checkout, from its top level."""
    packaged = files("feature_platform") / "templates" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent / name).read_text(encoding="utf-8")


def lay_out_home(folder: Path) -> list[Path]:
    """Write the deployment files that a Dagster home lacks; what is there is left alone. Returns what was written.

    Raises
    ------
    StorageError
        If the folder cannot be made or written.
    """
    return [folder / name for name in NAMES if lay_out(folder / name, template(name))]


def lay_out(target: Path, content: str) -> bool:
    """Write a file with its folder unless it is there; whether it was written.

    Raises
    ------
    StorageError
        If it cannot be; no half of it stays, which a later call would take for the whole.
    """
    try:
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.unfinished")
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(target)
    except OSError as error:
        raise StorageError(
            f"{target}: cannot be written ({error.strerror or error}); work in a folder that you may write, on a disk "
            "with space, or name one in DAGSTER_HOME"
        ) from error
    return True
