"""How much of an era each sensor knows."""

import polars as pl

from feature_platform.plots.bars import horizontal_bars
from feature_platform.plots.palette import BLUE, VERMILLION

SHOWN = 40


def coverage_plot(
    coverage: pl.DataFrame, *, title: str = "Coverage per sensor", limit: float = 0.5, simulated: bool = False
) -> bytes:
    """Bars of the share of known cells, least first, those under `limit` in another colour; a PNG.

    Parameters
    ----------
    coverage
        `sensor_id: str` and `coverage: f64` in 0 to 1; null counts as 0. Of more than 40 sensors the 40 least
        covered are drawn.
    """
    known = coverage.select("sensor_id", pl.col("coverage").cast(pl.Float64).fill_nan(None).fill_null(0.0))
    ordered = known.sort("coverage", "sensor_id")
    shown = ordered.head(SHOWN)
    shares = shown["coverage"].to_list()
    below = ordered.filter(pl.col("coverage") < limit).height
    note = f"{ordered.height} sensors, {below} below {100 * limit:.0f} %"
    if ordered.height > SHOWN:
        note += f"; the {SHOWN} least covered are shown"
    return horizontal_bars(
        shown["sensor_id"].to_list(),
        shares,
        colours=[VERMILLION if share < limit else BLUE for share in shares],
        labels=[f"{100 * share:.1f} %" for share in shares],
        title=title,
        note=note,
        limit=1.0,
        simulated=simulated,
    )
