"""`feature-platform init`: a working folder for one's own data."""

from pathlib import Path
from typing import Annotated

import typer

from feature_platform.cli.home import DEFAULT_HOME
from feature_platform.cli.output import clear_errors, say
from feature_platform.templates import lay_out, lay_out_home

SOURCE = """\
# One source of readings. `feature-platform inspect FILE.csv > source.yaml` writes this from an export of yours.
source: my_greenhouse
format: csv
files: [readings/*.csv] # relative to this file
csv: {delimiter: ";", decimal: ",", header_rows: 1}
time:
  columns: [0]
  format: "%d-%m-%Y %H:%M:%S"
  zone: Europe/Copenhagen # Etc/GMT-1 for a logger that never changes its clock
sensors:
  - {id: air_temp, column: 1, unit: "°C", kind: continuous, range: [-30, 60]}
  - {id: lamps, column: 2, kind: binary}
eras: {method: calendar, unit: month}
preprocessing: {step: 5m, max_gap: 30m}
features: {feature_set: efficient, windows: {length: 1d, step: 1d}}
"""


def init(folder: Annotated[Path, typer.Argument(help="The folder to lay out.")] = Path()) -> None:
    """Lay out a working folder: dagster.yaml, workspace.yaml, and a source to edit. What is there is left alone."""
    source = folder / "source.yaml"
    with clear_errors():
        written = lay_out_home(folder / DEFAULT_HOME)
        if lay_out(source, SOURCE):
            written.append(source)
    for path in written:
        say.print(f"wrote {path}")
    say.print("next: edit source.yaml, then feature-platform run --source source.yaml")
