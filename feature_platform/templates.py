"""The deployment files that ship with the package: dagster.yaml and workspace.yaml."""

from importlib.resources import files
from pathlib import Path

NAMES = ("dagster.yaml", "workspace.yaml")


def template(name: str) -> str:
    """A file's text, from the installed package or, in a checkout, from its top level."""
    packaged = files("feature_platform") / "templates" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent / name).read_text(encoding="utf-8")


def lay_out_home(folder: Path) -> list[Path]:
    """Write the deployment files that a Dagster home lacks; what is there is left alone. Returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in NAMES:
        target = folder / name
        if not target.exists():
            target.write_text(template(name), encoding="utf-8")
            written.append(target)
    return written
