"""Files with a decimal comma are read with comma and point exchanged, all in one pass over the bytes.

To exchange them, and not just to write points for commas, keeps a point in such a file what it is: no decimal sign.
"""

import polars as pl

from feature_platform.sources.description import CsvDialect

_BYTES = bytes.maketrans(b",.", b".,")
_TEXT = str.maketrans(",.", ".,")


def exchanged_dialect(dialect: CsvDialect) -> CsvDialect:
    """The dialect of the exchanged bytes; its decimal sign is a point."""
    if dialect.decimal == ".":
        return dialect
    return dialect.model_copy(
        update={
            "decimal": ".",
            "delimiter": dialect.delimiter.translate(_TEXT),
            "thousands": dialect.thousands.translate(_TEXT),
            "missing": tuple(token.translate(_TEXT) for token in dialect.missing),
        }
    )


def exchanged_bytes(content: bytes, dialect: CsvDialect) -> bytes:
    """The file's own bytes -> what is read."""
    return content if dialect.decimal == "." else content.translate(_BYTES)


def original_texts(texts: pl.Series, dialect: CsvDialect) -> pl.Series:
    """What was read -> the file's own texts."""
    if dialect.decimal == "." or not texts.str.contains("[,.]").any():
        return texts
    return texts.str.replace_many([",", "."], [".", ","])
