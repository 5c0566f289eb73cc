"""The Dagster home that a command works in."""

import os
from pathlib import Path

from feature_platform.templates import lay_out_home

DEFAULT_HOME = ".feature_platform"


def entered_home() -> Path:
    """DAGSTER_HOME, else the nearest `.feature_platform` here or above, else a new one here; set for all that follows.

    Without DAGSTER_HOME, Dagster would read no dagster.yaml and run unqueued and unrouted, in silence.
    """
    chosen = os.environ.get("DAGSTER_HOME")
    home = Path(chosen).absolute() if chosen else _nearest(Path.cwd())
    os.environ["DAGSTER_HOME"] = str(home)
    lay_out_home(home)
    return home


def _nearest(folder: Path) -> Path:
    for candidate in (folder, *folder.parents):
        if (candidate / DEFAULT_HOME / "dagster.yaml").is_file():
            return candidate / DEFAULT_HOME
    return folder / DEFAULT_HOME
