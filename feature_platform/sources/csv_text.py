"""A CSV file's bytes -> UTF-8 blocks that end at line ends, in bounded memory."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from feature_platform.errors import SourceError
from feature_platform.sources.description import CsvDialect
from feature_platform.sources.source_files import SourceFile

BLOCK_BYTES = 8 * 1024 * 1024
# A quoted text may hold line ends; farther back than this a cut outside quotes is not looked for.
LOOK_BACK = 1024 * 1024


@dataclass(frozen=True)
class TextBlock:
    """Whole lines, each ended by one line feed. `line` is the first one's number from 1, `read` the file's bytes."""

    content: bytes
    line: int
    read: int


def text_blocks(file: SourceFile, dialect: CsvDialect, *, block_bytes: int = BLOCK_BYTES) -> Iterator[TextBlock]:
    """The file in blocks of about `block_bytes`, decoded, without byte order mark, line ends made one.

    Raises
    ------
    SourceError
        If the file cannot be read or is not in the described encoding.
    """
    decoder = codecs.getincrementaldecoder(dialect.encoding)()
    plain, at_rest = _keeps_ascii(dialect.encoding), decoder.getstate()
    ends = _LineEnds()
    quote = dialect.quote.encode()
    rest, line, read = b"", 1, 0
    try:
        with file.path.open("rb") as handle:
            while raw := handle.read(block_bytes):
                if plain and raw.isascii() and decoder.getstate() == at_rest:
                    text = raw  # decoding and encoding it would change nothing and take a tenth of an import
                else:
                    text = _decode(decoder, raw, file, line + rest.count(b"\n"), first=read == 0)
                content = rest + ends.unify(text)
                read += len(raw)
                cut = _cut(content, quote)
                rest = content[cut:]
                if cut:
                    yield TextBlock(content[:cut], line, read)
                    line += content.count(b"\n", 0, cut)
        rest += ends.unify(_decode(decoder, b"", file, line + rest.count(b"\n"), first=False), last=True)
    except OSError as error:
        raise file.unreadable(error) from error
    if rest:
        yield TextBlock(rest if rest.endswith(b"\n") else rest + b"\n", line, read)


@dataclass
class _LineEnds:
    """Makes CR LF one LF; CR too, in a file whose first block has no LF at all."""

    held: bytes = b""
    only_returns: bool | None = None

    def unify(self, text: bytes, *, last: bool = False) -> bytes:
        text, self.held = self.held + text, b""
        if text.endswith(b"\r") and not last:  # perhaps half of a line end
            text, self.held = text[:-1], b"\r"
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if self.only_returns is None and (b"\n" in text or b"\r" in text):
            self.only_returns = b"\n" not in text
        return text.replace(b"\r", b"\n") if self.only_returns else text


def _keeps_ascii(encoding: str) -> bool:
    """Whether ASCII bytes stand for themselves, whatever stands around them; not so where an escape shifts."""
    ascii_bytes = bytes(range(128)) + b"\x1b$B0!\x1b(B"
    try:
        return ascii_bytes.decode(encoding).encode() == ascii_bytes
    except UnicodeDecodeError:
        return False


def _decode(decoder: codecs.IncrementalDecoder, raw: bytes, file: SourceFile, line: int, *, first: bool) -> bytes:
    try:
        text = decoder.decode(raw, final=not raw)
    except UnicodeDecodeError as error:
        broken = line + error.object[: error.start].count(b"\n")
        found = " ".join(f"{byte:#04x}" for byte in error.object[error.start : error.start + 4])
        raise SourceError(
            f"{file.path}: line {broken} is not {error.encoding} ({found} stands where text should); set csv.encoding "
            "to what the export is written in, such as cp1252, latin-1 or utf-16"
        ) from error
    return (text.removeprefix("\ufeff") if first else text).encode()


def _cut(content: bytes, quote: bytes) -> int:
    """Position after the last line end that is outside quotes; after the last one if none is near."""
    last = end = content.rfind(b"\n")
    open_quotes = content.count(quote) - content.count(quote, end + 1)
    while open_quotes % 2 and end > max(0, last - LOOK_BACK):
        before = content.rfind(b"\n", 0, end)
        open_quotes -= content.count(quote, before + 1, end)
        end = before
    return (last if open_quotes % 2 else end) + 1
