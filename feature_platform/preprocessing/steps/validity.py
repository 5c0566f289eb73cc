import polars as pl

SOUND, NON_FINITE, OUT_OF_RANGE = range(3)

MAXIMUM_MAGNITUDE = 1e150
"""From here on a value's square overflows, and so would a standard deviation: such a reading counts as not finite."""


def judge(located: pl.LazyFrame) -> pl.LazyFrame:
    """Tell why a reading's value is unusable; it becomes null in its cell, and still supersedes an earlier duplicate.

    In: as `locate` gives. Out: `slot`, `value`, `fault` (i8: 0 sound, 1 not finite, 2 outside the physical range).
    """
    value = pl.col("value")
    finite = (value.abs() < MAXIMUM_MAGNITUDE).fill_null(value=False)
    outside = (value < pl.col("low")) | (value > pl.col("high"))
    fault = pl.when(~finite).then(NON_FINITE).when(outside).then(OUT_OF_RANGE).otherwise(SOUND).cast(pl.Int8)
    return located.select("slot", "value", fault.alias("fault"))
