"""Every calculator's entry, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from feature_platform.features.catalogue import changes, dependence, frequencies, occurrences, values
from feature_platform.features.catalogue.entry import Entry

CHAPTERS: Mapping[str, tuple[Entry, ...]] = MappingProxyType(
    {
        "The values": values.ENTRIES,
        "How many, which again, and when": occurrences.ENTRIES,
        "Changes and trends": changes.ENTRIES,
        "Memory and complexity": dependence.ENTRIES,
        "Frequencies and shapes": frequencies.ENTRIES,
    }
)

ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {entry.name: entry for entries in CHAPTERS.values() for entry in entries}
)
