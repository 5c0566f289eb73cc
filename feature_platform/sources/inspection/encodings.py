"""Which encoding an export's bytes are in."""

import codecs
from collections.abc import Sequence

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# One byte per letter: nothing in the bytes says which, so the one whose letters make sense is taken; first wins ties.
SINGLE_BYTE = ("cp1252", "cp850", "mac_roman", "iso8859_2", "latin-1")
SENSIBLE = set("åæøäöüéèêëáàâíîïóôúûñçßÅÆØÄÖÜÉÈÁÍÓÚÑÇ°²³µ±·€łŁńśżźćęąčřšžýůěğőű\u00a0\u2013\u2019\u201c\u201d")
MAXIMUM_CONTROL = 0x9F


def detect_encoding(pieces: Sequence[bytes]) -> str:
    """Name the codec of stretches of one file, the first of which begins the file."""
    head = pieces[0] if pieces else b""
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name
    if head and head.count(0) >= len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
    if all(_is_utf8(piece) for piece in pieces):
        return "utf-8"
    scores = {name: sum(_sense(piece, name) for piece in pieces) for name in SINGLE_BYTE}
    return max(scores, key=lambda name: scores[name])


def _is_utf8(piece: bytes) -> bool:
    """Whether it is UTF-8; a letter may be cut in two at either end."""
    start = next((offset for offset in range(min(4, len(piece))) if piece[offset] & 0xC0 != 0x80), 0)  # noqa: PLR2004
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(piece[start:], final=False)
    except UnicodeDecodeError:
        return False
    return True


def _sense(piece: bytes, name: str) -> float:
    try:
        text = bytes(sorted(byte for byte in set(piece) if byte > 0x7F)).decode(name)  # noqa: PLR2004
    except UnicodeDecodeError:
        return -100.0
    return sum(1.0 if letter in SENSIBLE else -1.0 if ord(letter) > MAXIMUM_CONTROL else -10.0 for letter in text)


def joint_encoding(found: Sequence[tuple[str, bool]]) -> str:
    """One encoding for several files, each with its own and whether it holds plain ASCII only.

    Byte order marks are skipped by every reader, so a file with one and a file without are both `utf-8`.
    """
    plain = {name.removesuffix("-sig") for name, ascii_only in found if not ascii_only}
    return min(plain, default="utf-8")
