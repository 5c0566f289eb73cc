"""The catalogue's record of launched runs: two daemons by mistake must not start a run twice."""

from datetime import UTC, datetime

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from feature_platform.eras.database import Database
from feature_platform.eras.tables import launches


class Launches:
    """Who launched which run."""

    _database: Database

    def claim_launch(self, run_id: str, holder: str) -> bool:
        """Claim the right to launch a run: True for exactly one caller, for ever."""
        try:
            with self._database.write(f"launch {run_id}") as connection:
                connection.execute(insert(launches).values(run_id=run_id, holder=holder, claimed_at=datetime.now(UTC)))
        except IntegrityError:
            return False
        return True
