"""Wall clock times -> UTC, with the hour that a clock change skips and the one that it doubles."""

from dataclasses import dataclass, field

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.doubled_hour import second_passes

CHAIN = ("local", "key", "doubled", "before", "before_doubled", "before_repeats", "early", "late")


@dataclass
class LocalClock:
    """Converts one file's rows, block after block, from the wall clock of `zone` to UTC.

    Frames have a column `@local`: `datetime[us]` is wall clock time, with a zone it is converted as it stands. Rows of
    the doubled hour are held back until `finish`, since later rows decide about them. With `key`, the order of rows
    counts within each value of that column (a long table holds many sensors in turn).
    """

    zone: str
    key: str | None = None
    _held: list[pl.DataFrame] = field(default_factory=list)
    _chain: list[pl.DataFrame] = field(default_factory=list)
    _last: pl.DataFrame | None = None

    def convert(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows with their UTC `time`, and rows whose local time a clock change skipped.

        Raises
        ------
        SourceError
            If the zone is not known to Polars.
        """
        local = frame["@local"]
        if local.dtype.time_zone is not None:  # type: ignore[attr-defined] # the column is a datetime
            return frame.with_columns(local.dt.convert_time_zone("UTC").alias("time")), frame.clear()
        frame = frame.with_columns(self._utc(local, "earliest"), self._utc(local, "latest"))
        skipped = frame.filter(pl.col("@earliest").is_null())
        frame = frame.filter(pl.col("@earliest").is_not_null())
        doubled = frame["@earliest"] != frame["@latest"]
        self._remember(frame, doubled)
        if doubled.any():
            self._held.append(frame.filter(doubled))
            frame = frame.filter(~doubled)
        return frame.rename({"@earliest": "time"}).drop("@latest"), skipped

    def finish(self) -> pl.DataFrame | None:
        """The rows of doubled hours with their UTC `time`; None where there are none."""
        if not self._held:
            return None
        held, chain = pl.concat(self._held), pl.concat(self._chain)
        second = second_passes(chain)
        time = pl.when(second).then(pl.col("@latest")).otherwise(pl.col("@earliest"))
        return held.with_columns(time.alias("time")).drop("@earliest", "@latest")

    def _utc(self, local: pl.Series, ambiguous: str) -> pl.Series:
        try:
            times = local.dt.replace_time_zone(self.zone, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        except pl.exceptions.PolarsError as error:
            raise SourceError(f"time zone {self.zone!r} cannot be used ({error}); name another in time.zone") from error
        return times.dt.convert_time_zone("UTC").alias(f"@{ambiguous}")

    def _remember(self, frame: pl.DataFrame, doubled: pl.Series) -> None:
        """Keep the rows of doubled hours, and the row after each visit to one, with what stood before them."""
        block = frame.select(
            pl.col("@local").alias("local"),
            (pl.col(self.key) if self.key else pl.lit("")).alias("key"),
            doubled.alias("doubled"),
            pl.col("@earliest").alias("early"),
            pl.col("@latest").alias("late"),
            pl.lit(value=False).alias("carried"),
        )
        if self._last is not None:
            block = pl.concat([self._last, block])
        self._last = (
            (block.group_by("key", maintain_order=True).tail(2) if self.key else block.tail(2))
            .select(pl.exclude("carried"), pl.lit(value=True).alias("carried"))
            .select(block.columns)
        )
        if not block["doubled"].any():
            return
        local, before = pl.col("local"), pl.col("local").shift(1)
        steps = {
            "before": before,
            "before_doubled": pl.col("doubled").shift(1, fill_value=False),
            "before_repeats": (before == local.shift(2)).fill_null(value=False),
        }
        chain = block.with_columns(
            **{name: step.over("key") if self.key else step for name, step in steps.items()}
        ).filter(~pl.col("carried"), pl.col("doubled") | pl.col("before_doubled"))
        self._chain.append(chain.select(CHAIN))
