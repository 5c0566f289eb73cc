"""Stretches of a text file: all of a small one; head, tail and places between of a large one."""

import codecs
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from feature_platform.errors import SourceError
from feature_platform.sources.inspection.encodings import detect_encoding

WHOLE_BYTES = 8 * 1024 * 1024
HEAD_BYTES = 1024 * 1024
PIECE_BYTES = 128 * 1024
PIECES = 24


@dataclass(frozen=True)
class FileSample:
    """`pieces` are decoded stretches of whole lines in file order, line ends made one; the first begins the file."""

    path: Path
    size: int
    encoding: str
    pieces: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the file is left out."""
        return self.size <= WHOLE_BYTES

    @cached_property
    def is_ascii(self) -> bool:
        """Whether any encoding would read the pieces alike."""
        return self.encoding == "utf-8" and all(piece.isascii() for piece in self.pieces)

    def lines_at(self, offset: int, length: int = PIECE_BYTES) -> str:
        """The whole lines among `length` bytes from a byte offset on."""
        width = 4 if "32" in self.encoding else 2 if "16" in self.encoding else 1
        offset -= offset % width
        with self.path.open("rb") as handle:
            handle.seek(offset)
            raw = handle.read(length)
        return _whole_lines(self._decode(raw, offset), first=offset == 0, last=offset + length >= self.size)

    def _decode(self, raw: bytes, offset: int) -> str:
        return _decode(raw, offset, self.encoding, self.path)


def sample_file(path: Path) -> FileSample:
    """Read a file's sample and find its encoding.

    Raises
    ------
    SourceError
        If the file cannot be read or is empty.
    """
    try:
        size = path.stat().st_size
        spans = _spans(size)
        with path.open("rb") as handle:
            raw = [(offset, _read(handle, offset, length)) for offset, length in spans]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); name an existing file") from error
    if not raw or not raw[0][1].strip():
        raise SourceError(f"{path}: is empty; name an export that holds rows")
    encoding = detect_encoding([content for _, content in raw])
    pieces = tuple(
        _whole_lines(_decode(content, offset, encoding, path), first=offset == 0, last=offset + len(content) >= size)
        for offset, content in raw
    )
    return FileSample(path, size, encoding, tuple(piece for piece in pieces if piece))


def _spans(size: int) -> list[tuple[int, int]]:
    if size <= WHOLE_BYTES:
        return [(0, size)]
    first, last = HEAD_BYTES, size - PIECE_BYTES
    between = [first + (last - first) * number // PIECES for number in range(PIECES + 1)]
    return [(0, HEAD_BYTES), *((offset - offset % 4, PIECE_BYTES + 4) for offset in between)]


def _read(handle: BinaryIO, offset: int, length: int) -> bytes:
    handle.seek(offset)
    return handle.read(length)


def _decode(raw: bytes, offset: int, encoding: str, path: Path) -> str:
    if offset and encoding in {"utf-16", "utf-32"}:  # without the mark that begins the file the order is not known
        with path.open("rb") as handle:
            mark = handle.read(4)
        big = mark.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
        encoding = f"{encoding}-{'be' if big else 'le'}"
    text = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
        text = text.replace("\r", " ")  # no line end where others are
    return text


def _whole_lines(text: str, *, first: bool, last: bool) -> str:
    start = 0 if first else text.find("\n") + 1
    end = len(text) if last else text.rfind("\n") + 1
    return text[start:end]
