"""Taking superseded eras out of the catalogue, and only when asked."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from feature_platform.eras.database import Database, chunks
from feature_platform.eras.era_rows import era_records
from feature_platform.eras.tables import claims, eras, pruned_eras, successors, tenures
from feature_platform.errors import EraError


class EraPruning:
    """Prune explicitly: deleting partition keys shifts ranges, so the caller refuses while runs are queued."""

    _database: Database

    def prune(self, era_ids: Iterable[str]) -> list[str]:
        """Delete the records and claims of superseded eras; returns their ids, sorted.

        Their stored datasets are the caller's to delete. Should a later cut bring such an era back, its data
        revisions go on from where they were.

        Raises
        ------
        EraError
            If one of them is unknown or not superseded; then nothing is deleted.
        """
        wanted = sorted(set(era_ids))
        with self._database.write("eras") as connection:
            records = {
                record.era_id: record for record in era_records(connection, era_ids=wanted, include_superseded=True)
            }
            refused = [id_ for id_ in wanted if id_ not in records or records[id_].superseded_at is None]
            if refused:
                raise EraError(
                    f"era {refused[0]} is not superseded, or not in the catalogue; only superseded eras are pruned, "
                    "and nothing was"
                )
            for chunk in chunks(wanted):
                connection.execute(delete(pruned_eras).where(pruned_eras.c.era_id.in_(chunk)))
                for table in (claims, successors, tenures, eras):
                    connection.execute(delete(table).where(table.c.era_id.in_(chunk)))
                connection.execute(
                    insert(pruned_eras),
                    [{"era_id": era_id, "data_revision": records[era_id].data_revision} for era_id in chunk],
                )
        return wanted

    def pruned(self) -> set[str]:
        """Ids of the eras that were ever pruned; a later cut may have brought some of them back."""
        with self._database.read() as connection:
            return set(connection.execute(select(pruned_eras.c.era_id)).scalars())
