"""Bytes become the same UTF-8 lines whether a block is plain ASCII, which is not decoded, or not."""

from pathlib import Path

import pytest

from feature_platform.sources.csv_text import text_blocks
from feature_platform.sources.description import CsvDialect
from feature_platform.sources.source_files import SourceFile

TEXT = "tid;værdi\r\n" + "".join(f"{n};{n / 7:.3f}\r\n" for n in range(40)) + "ÆØÅ;日本\r\nz;1\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-7", "iso2022_jp_2", "gb18030"])
def test_blocks_of_any_size_and_encoding_hold_the_same_lines(tmp_path: Path, encoding: str, size: int) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(TEXT.encode(encoding))
    blocks = list(text_blocks(SourceFile(path.name, path), CsvDialect(encoding=encoding), block_bytes=size))
    assert b"".join(block.content for block in blocks).decode() == TEXT.replace("\r\n", "\n")
    assert [block.line for block in blocks] == [
        1 + sum(before.content.count(b"\n") for before in blocks[:n]) for n in range(len(blocks))
    ]
