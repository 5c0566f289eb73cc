"""What an import did: one report per file or database month, and their sum."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Progress = Callable[[str, float], None]
"""Called with the unit that is being imported and the share of it that is done, 0 to 1."""

Status = Literal["imported", "reimported", "unchanged"]
"""`reimported`: written anew in place of an earlier import of the same unit or content."""


@dataclass(frozen=True)
class UnitReport:
    """One unit (a file's name, a database month) of an import.

    `readings`, `times`, `cells` and `rejected` (by cause) say what the unit holds, also where it was `unchanged` and
    nothing was written. `bytes` is the size of what was read, `seconds` the time that it took.
    """

    unit: str
    status: Status
    readings: int
    times: int
    cells: int
    rejected: dict[str, int]
    bytes: int
    seconds: float


@dataclass(frozen=True)
class ImportReport:
    """All units of one import, in the order in which they were taken in."""

    source: str
    units: tuple[UnitReport, ...]

    @property
    def imported(self) -> int:
        """How many units were written."""
        return sum(unit.status != "unchanged" for unit in self.units)

    @property
    def unchanged(self) -> int:
        """How many units were in the store already."""
        return sum(unit.status == "unchanged" for unit in self.units)

    @property
    def readings(self) -> int:
        """Readings of all units; one that two units hold counts twice here, and once in the source's summary."""
        return sum(unit.readings for unit in self.units)

    @property
    def times(self) -> int:
        """Times of all units, counted as `readings`."""
        return sum(unit.times for unit in self.units)

    @property
    def cells(self) -> int:
        """Cells of all units that were not empty."""
        return sum(unit.cells for unit in self.units)

    @property
    def rejected(self) -> dict[str, int]:
        """What could not be read, by cause."""
        return dict(sum((Counter(unit.rejected) for unit in self.units), Counter[str]()))

    @property
    def bytes(self) -> int:
        """Bytes that were read."""
        return sum(unit.bytes for unit in self.units)

    @property
    def seconds(self) -> float:
        """Seconds that all units took."""
        return sum(unit.seconds for unit in self.units)
