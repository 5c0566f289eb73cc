"""A CSV export -> blocks of typed rows."""

from collections.abc import Iterator

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.csv_layout import CsvLayout, find_layout
from feature_platform.sources.csv_rows import RowSplitter
from feature_platform.sources.csv_text import BLOCK_BYTES, TextBlock, text_blocks
from feature_platform.sources.decimal_point import exchanged_dialect, original_texts
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.number_text import read_numbers
from feature_platform.sources.rejects import RAGGED_ROW, UNREADABLE_NUMBER, Rejects
from feature_platform.sources.rows import LINE, LOCAL, TIME_TEXT, Rows
from feature_platform.sources.source_files import SourceFile
from feature_platform.sources.time_text import read_times

# From so many cells on, a majority that is unreadable means a wrong description, not bad cells.
JUDGED_CELLS = 100


def csv_rows(
    file: SourceFile, description: SourceDescription, rejects: Rejects, *, block_bytes: int = BLOCK_BYTES
) -> Iterator[Rows]:
    """The file's rows in blocks; what cannot be read goes to `rejects`.

    Raises
    ------
    SourceError
        If the file cannot be read at all, or not as described.
    """
    size = max(file.bytes, 1)
    layout: CsvLayout | None = None
    for block in text_blocks(file, description.csv, block_bytes=block_bytes):
        if layout is None:
            layout = find_layout(file, block, description)
            splitter = RowSplitter(file, description.csv, layout, rejects)
            content = block.content[layout.data :]
            rows = _rows(splitter, TextBlock(content, layout.line, block.read), description, size)
            _check_dialect(file, rows, rejects, description)
            yield rows
        else:
            yield _rows(splitter, block, description, size)
    if layout is None:
        raise SourceError(f"{file.path}: is empty; export it again or leave it out of files:")


def _rows(splitter: RowSplitter, block: TextBlock, description: SourceDescription, size: int) -> Rows:
    layout = splitter.layout
    texts = splitter.split(block)
    lines = texts["@line"].cast(pl.Int64)
    parts = [
        original_texts(texts[f"column_{n + 1}"], description.csv).fill_null("").str.strip_chars() for n in layout.time
    ]
    time_text = pl.select(pl.concat_str(parts, separator=" ").str.strip_chars()).to_series()
    columns = {sensor_id: texts[f"column_{position + 1}"] for sensor_id, position in layout.sensors.items()}
    numbers = read_numbers(pl.DataFrame(columns), exchanged_dialect(description.csv))
    for sensor_id, at, cause in numbers.rejected:
        cells = original_texts(columns[sensor_id].gather(at), description.csv)
        splitter.rejects.add(cause, lines.gather(at), cells, layout.labels[layout.sensors[sensor_id]])
    frame = numbers.values.with_columns(
        lines.alias(LINE),
        time_text.alias(TIME_TEXT),
        read_times(time_text, description.time.format).alias(LOCAL),
    )
    return Rows(frame, numbers.cells, min(block.read / size, 1.0), layout.time_label)


def _check_dialect(file: SourceFile, rows: Rows, rejects: Rejects, description: SourceDescription) -> None:
    """Refuse a file whose first block shows that the dialect is another one: one error, not a million rejects."""
    dialect = description.csv
    shown = rejects.table()
    if rows.frame.is_empty() and rejects.counts[RAGGED_ROW]:
        line = shown.row(0, named=True)
        raise SourceError(
            f"{file.path}: no row has as many columns as its header when divided at {dialect.delimiter!r} "
            f"(line {line['line']} is {line['text'][:80]!r}); correct csv.delimiter or csv.header_rows"
        )
    unreadable = rejects.counts[UNREADABLE_NUMBER]
    if rows.cells >= JUDGED_CELLS and 2 * unreadable > rows.cells:
        cell = shown.filter(pl.col("cause") == UNREADABLE_NUMBER).row(0, named=True)
        raise SourceError(
            f"{file.path}: {unreadable} of the first {rows.cells} cells are no numbers with the decimal sign "
            f"{dialect.decimal!r} and the thousands separator {dialect.thousands!r} (line {cell['line']}, column "
            f"{cell['column']!r} is {cell['text']!r}); correct csv.decimal, csv.thousands or csv.missing"
        )
