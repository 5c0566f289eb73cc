"""The simulated year written as a climate computer would."""

import polars as pl

from feature_platform.demo.clock import YEAR
from feature_platform.demo.faults import FAILING, UNREADABLE
from feature_platform.demo.instruments import INSTRUMENTS, Instrument
from feature_platform.demo.year import Simulation

TITLE = f"SIMULATED greenhouse, {YEAR} (no measured values)"
TIME_FORMAT = "%d-%m-%Y %H:%M:%S"
EMPTY = '""'
"""How the export writes a cell without a value."""


def csv_export(simulation: Simulation) -> bytes:
    """Three header rows, `;`, decimal commas, quoted local times, CRLF: as the real exports of this make."""
    recording = simulation.recording
    wall = simulation.clock.wall.dt.strftime(f'"{TIME_FORMAT}"')
    table = pl.DataFrame([wall, *(_cells(recording.values[item.id], item) for item in INSTRUMENTS)]).with_columns(
        pl.when(pl.Series(recording.unreadable)).then(pl.lit(UNREADABLE)).otherwise(pl.col(FAILING)).alias(FAILING)
    )
    corner = (f"{TITLE}", "", "")
    header = "".join(
        ";".join(f'"{text}"' for text in (corner[row], *(item.header[row] for item in INSTRUMENTS))) + "\r\n"
        for row in range(len(corner))
    )
    rows = table.filter(pl.Series(recording.kept)).write_csv(
        include_header=False, separator=";", line_terminator="\r\n", quote_style="never", null_value=EMPTY
    )
    return (header + rows).encode()


def _cells(values: pl.Series, instrument: Instrument) -> pl.Series:
    decimals = len(f"{instrument.resolution:g}".partition(".")[2])
    text = values.round(decimals).cast(pl.String) if decimals else values.cast(pl.Int64).cast(pl.String)
    return text.str.strip_suffix(".0").str.replace(".", ",", literal=True)
