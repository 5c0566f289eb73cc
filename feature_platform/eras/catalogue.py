"""The era catalogue: sources, eras, what was asked for, launched and measured, in one database."""

from datetime import timedelta

from feature_platform.eras.claim_ledger import ClaimLedger
from feature_platform.eras.database import Database
from feature_platform.eras.era_pruning import EraPruning
from feature_platform.eras.era_records import EraRecords
from feature_platform.eras.launches import Launches
from feature_platform.eras.source_registry import SourceRegistry
from feature_platform.eras.source_removal import SourceRemoval
from feature_platform.eras.stage_costs import StageCosts


class Catalogue(SourceRegistry, SourceRemoval, EraRecords, EraPruning, ClaimLedger, Launches, StageCosts):
    """Opened by an SQLAlchemy URL (`sqlite:///FILE` or `postgresql://…`) and migrated to the newest schema.

    Safe for several threads, processes and machines at once. `patience` is how long a write waits for another
    writer before it gives up.

    Raises
    ------
    CatalogueUnreachableError
        From every method, if the database does not answer, is locked or cannot be written.
    EraError
        If the URL is no SQLite or PostgreSQL URL, or the schema is newer than this program.
    """

    def __init__(self, url: str, *, patience: timedelta = timedelta(seconds=30)) -> None:
        self._database = Database(url, patience=patience)
