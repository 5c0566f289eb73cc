"""Open addressing: where a key stands in a table, or is to stand."""

from feature_platform.features.calculators.kernel import IntArray

FREE = -1
MULTIPLIER = 0x9E377


def table_size(count: int) -> int:
    """Slots for so many keys: a power of two, at most half full."""
    size = 1
    while size < 2 * count:
        size *= 2
    return size


def clear_table(table: IntArray, size: int) -> None:
    """Free the first `size` slots."""
    for i in range(size):
        table[i] = FREE


def spread(key: int) -> int:
    """A number whose low bits depend on all of a key's."""
    return key * MULTIPLIER >> 7


def find_slot(table: IntArray, mask: int, start: int, key: int) -> int:
    """The slot that holds a key from 0 on, or the free one where it is to be put; `mask` is the size less one.

    `start` tells where to look first, as `spread(key)` does.
    """
    slot = start & mask
    while table[slot] != key and table[slot] != FREE:
        slot = (slot + 1) & mask
    return slot
