"""Pinned selections: numbered, immutable lists of feature columns, one series of versions per scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from feature_platform.eras.era import LEVELS, Level
from feature_platform.errors import SelectionError, StorageError
from feature_platform.selection.settings import SelectionSettings
from feature_platform.storage.log import CommitLog, LostRaceError
from feature_platform.storage.root import StorageRoot

FOLDER = "pinned_selections"
MAXIMUM_TRIES = 20


@dataclass(frozen=True, order=True)
class Scope:
    """What a selection is for: eras of other scopes never enter it. `feature_set` is a `FeatureSettings.scope_name`."""

    source: str
    level: Level
    feature_set: str

    def __str__(self) -> str:
        return f"{self.source}/{self.level}/{self.feature_set}"


class Selected(Protocol):
    """What pinning needs of a selection's report."""

    @property
    def kept(self) -> tuple[str, ...]:
        """The selected columns, in order."""

    @property
    def rows(self) -> int:
        """Windows that were looked at."""

    @property
    def reasons(self) -> dict[str, int]:
        """How many columns each filter dropped."""


class Pinned(Protocol):
    """What reading needs of a pinned selection, whichever store it comes from."""

    @property
    def label(self) -> str:
        """What a selected_features manifest calls it."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected columns, in order."""

    @property
    def pinned_at(self) -> datetime:
        """When it was pinned."""


@dataclass(frozen=True)
class PinnedSelection:
    """One version of a scope's columns, and what it was chosen from.

    `eras_used` are the versions of the features by era id, `eras_missing` the eras of the scope that had none.
    """

    scope: Scope
    version: int
    columns: tuple[str, ...]
    settings: SelectionSettings
    eras_used: dict[str, str]
    eras_missing: tuple[str, ...]
    rows: int
    dropped: dict[str, int]
    pinned_at: datetime

    @property
    def label(self) -> str:
        """What a selected_features manifest calls it."""
        return f"v{self.version}"

    @classmethod
    def from_json(cls, scope: Scope, version: int, entry: Mapping[str, Any]) -> "PinnedSelection":
        """Rebuild a version from its log entry."""
        return cls(
            scope=scope,
            version=version,
            columns=tuple(entry["columns"]),
            settings=SelectionSettings.model_validate(entry["settings"]),
            eras_used=dict(entry["eras_used"]),
            eras_missing=tuple(entry["eras_missing"]),
            rows=entry["rows"],
            dropped=dict(entry["dropped"]),
            pinned_at=datetime.fromisoformat(entry["pinned_at"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The version as its log entry; scope and number are the entry's place."""
        return {
            "columns": list(self.columns),
            "settings": self.settings.model_dump(mode="json"),
            "eras_used": self.eras_used,
            "eras_missing": list(self.eras_missing),
            "rows": self.rows,
            "dropped": self.dropped,
            "pinned_at": self.pinned_at.isoformat(),
        }

    def same_choice(self, other: "PinnedSelection") -> bool:
        """Whether the other has the same columns, chosen with the same settings from the same features."""
        return (self.columns, self.settings, self.eras_used, self.eras_missing) == (
            other.columns,
            other.settings,
            other.eras_used,
            other.eras_missing,
        )


@dataclass(frozen=True)
class PinnedSelections:
    """All pinned selections under `<root>/pinned_selections/source=<source>/level=<level>/feature_set=<set>/`."""

    root: StorageRoot

    def pin(
        self,
        scope: Scope,
        report: Selected,
        *,
        settings: SelectionSettings,
        eras_used: Mapping[str, str],
        eras_missing: Iterable[str],
    ) -> PinnedSelection:
        """Make a selection the scope's newest version; the newest again if it is the same choice.

        Raises
        ------
        StorageError
            If it cannot be written; what was pinned before stays.
        """
        log = self._log(scope)
        for _ in range(MAXIMUM_TRIES):
            newest = self.latest(scope)
            wanted = PinnedSelection(
                scope=scope,
                version=1 if newest is None else newest.version + 1,
                columns=tuple(report.kept),
                settings=settings.model_copy(update={"engine": "auto"}),
                eras_used=dict(sorted(eras_used.items())),
                eras_missing=tuple(sorted(eras_missing)),
                rows=report.rows,
                dropped=report.reasons,
                pinned_at=datetime.now(UTC),
            )
            if newest is not None and newest.same_choice(wanted):
                return newest
            try:
                log.append(wanted.to_json(), number=wanted.version)
            except LostRaceError:
                continue
            return wanted
        raise StorageError(f"selection of {scope}: {MAXIMUM_TRIES} others were pinned first; run it again")

    def latest(self, scope: Scope, as_of: datetime | None = None) -> PinnedSelection | None:
        """The scope's newest version, or the newest that was pinned by `as_of`; None where there is none."""
        for number in reversed(self._log(scope).numbers()):
            found = self._read(scope, number)
            if as_of is None or found.pinned_at <= as_of:
                return found
        return None

    def version(self, scope: Scope, number: int) -> PinnedSelection:
        """One version.

        Raises
        ------
        SelectionError
            If the scope has no such version.
        """
        numbers = self._log(scope).numbers()
        if number not in numbers:
            known = f"its versions are 1 to {numbers[-1]}" if numbers else "none is pinned yet: run feature_selection"
            raise SelectionError(f"selection of {scope} has no version {number}; {known}")
        return self._read(scope, number)

    def versions(self, scope: Scope) -> list[PinnedSelection]:
        """All versions of a scope, oldest first."""
        return [self._read(scope, number) for number in self._log(scope).numbers()]

    def labelled(self, scope: Scope, label: str) -> PinnedSelection | None:
        """The version that a selected_features manifest names; None if it names none, or one that is not there."""
        for number in self._log(scope).numbers():
            if label == f"v{number}":
                return self._read(scope, number)
        return None

    def scopes(self) -> list[Scope]:
        """The scopes that have a version, sorted."""
        found = []
        for source in self._children("", "source"):
            for level in self._children(f"/source={source}", "level"):
                for feature_set in self._children(f"/source={source}/level={level}", "feature_set"):
                    found += [Scope(source, known, feature_set) for known in LEVELS if known == level]
        return sorted(found)

    def _children(self, folder: str, key: str) -> list[str]:
        names = self.root.names(f"{FOLDER}{folder}")
        return [name.removeprefix(f"{key}=") for name in names if name.startswith(f"{key}=")]

    def _read(self, scope: Scope, number: int) -> PinnedSelection:
        return PinnedSelection.from_json(scope, number, self._log(scope).read(number))

    def _log(self, scope: Scope) -> CommitLog:
        return CommitLog(
            self.root, f"{FOLDER}/source={scope.source}/level={scope.level}/feature_set={scope.feature_set}"
        )
