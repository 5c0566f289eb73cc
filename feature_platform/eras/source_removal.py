"""Taking a source out of the catalogue, in two steps between which its data go."""

from sqlalchemy import ColumnElement, delete, func, select

from feature_platform.eras.database import Database
from feature_platform.eras.tables import claims, cuts, eras, pruned_eras, sources, successors, tenures
from feature_platform.errors import EraError


class SourceRemoval:
    """Eras first, so that nothing is asked for any more; the source's name last, so that removing can be repeated."""

    _database: Database

    def remove_eras(self, source: str) -> None:
        """Delete all that is recorded of a source's eras, pruned ones too; measured costs stay.

        Nothing may be stored of these eras afterwards: their data revisions begin again at one.
        """
        with self._database.write("eras") as connection:
            for table in (claims, successors, tenures, pruned_eras):
                connection.execute(delete(table).where(table.c.era_id.startswith(f"{source}.", autoescape=True)))
            connection.execute(delete(eras).where(eras.c.source == source))
            connection.execute(delete(cuts).where(cuts.c.source == source))

    def remove_source(self, source: str) -> None:
        """Delete all versions of a source's description.

        Raises
        ------
        EraError
            If it has eras.
        """
        with self._database.write("eras") as connection:
            of_source: ColumnElement[bool] = eras.c.source == source
            left = connection.execute(select(func.count()).select_from(eras).where(of_source)).scalar_one()
            if left:
                raise EraError(
                    f"source {source!r} was cut into {left} eras while it was removed; switch off what cuts it, then "
                    "remove it again"
                )
            connection.execute(delete(sources).where(sources.c.name == source))
