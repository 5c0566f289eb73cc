"""Windows as COPY's text and back; every float comes back to the bit, null stays null, NaN stays NaN."""

import io
from collections.abc import Iterator, Sequence

import polars as pl

from feature_platform.features.columns import WINDOW_END, WINDOW_START

PIECE_VALUES = 1_000_000
"""Values sent in one COPY: a second or so, since Python hears a signal only in between."""

ISO_UTC = "%Y-%m-%d %H:%M:%S%.6f+00"
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
TIME = pl.Datetime("us", "UTC")


def encoded(table: pl.DataFrame, names: Sequence[str], stored_id: int, era_id: str) -> Iterator[bytes]:
    """Rows of `stored_id`, `era_id`, `window_start`, `window_end`, float8[] for COPY FROM, whole windows at a time."""
    rows = max(PIECE_VALUES // len(names), 1)
    for piece in table.iter_slices(rows):
        content = io.BytesIO()
        piece.select(
            pl.lit(stored_id).alias("stored_id"),
            pl.lit(_escaped(era_id)).alias("era_id"),
            pl.col(WINDOW_START, WINDOW_END).dt.strftime(ISO_UTC),
            pl.concat_str(pl.lit("{"), _joined(names), pl.lit("}")).alias("values"),
        ).write_csv(content, include_header=False, separator="\t", quote_style="never")
        yield content.getvalue()


def _escaped(word: str) -> str:
    return "".join(ESCAPES.get(letter, letter) for letter in word)


def _joined(names: Sequence[str]) -> pl.Expr:
    texts = [pl.col(name).cast(pl.String).fill_null("NULL") for name in names]
    return pl.concat_str(texts, separator=",")


def decoded(content: bytes, names: Sequence[str]) -> pl.DataFrame:
    """What COPY TO gave of `place`, `window_start` and `window_end` in microseconds, float8[]: a column for each."""
    if not content:
        keys = {"place": pl.Int64(), WINDOW_START: TIME, WINDOW_END: TIME}
        return pl.DataFrame(schema={**keys, **dict.fromkeys(names, pl.Float64())})
    rows = pl.read_csv(
        content,
        has_header=False,
        separator="\t",
        quote_char=None,
        schema={"place": pl.Int64, WINDOW_START: pl.Int64, WINDOW_END: pl.Int64, "values": pl.String},
    )
    texts = rows["values"].str.strip_chars("{}").str.split(",").explode(empty_as_null=False)
    values = texts.replace("NULL", None).cast(pl.Float64).reshape((rows.height, len(names)))
    wide = values.arr.to_struct(fields=list(names)).struct.unnest()
    return rows.select("place", pl.col(WINDOW_START, WINDOW_END).cast(TIME)).hstack(wide)
