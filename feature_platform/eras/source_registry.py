"""The catalogue's sources: every description that was ever registered, numbered."""

import difflib
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update

from feature_platform.eras.database import Database
from feature_platform.eras.tables import sources
from feature_platform.errors import EraError
from feature_platform.sources.description import SourceDescription


class SourceRegistry:
    """Sources by name and version, so that daemon, code server and pods all see the same."""

    _database: Database

    def register_source(self, description: SourceDescription) -> int:
        """Store a description and return its version, from 1; unchanged content keeps the version it has.

        A description whose only change is the folder that it lies in takes the new folder.
        """
        name, content = description.source, description.model_dump_json()
        with self._database.write(f"source {name}") as connection:
            newest = connection.execute(
                select(sources.c.version, sources.c.version_hash)
                .where(sources.c.name == name)
                .order_by(sources.c.version.desc())
                .limit(1)
            ).one_or_none()
            if newest is not None and newest.version_hash == description.version_hash:
                connection.execute(
                    update(sources)
                    .where(sources.c.name == name, sources.c.version == newest.version)
                    .values(description=content)
                )
                return int(newest.version)
            version = 1 if newest is None else newest.version + 1
            connection.execute(
                insert(sources).values(
                    name=name,
                    version=version,
                    version_hash=description.version_hash,
                    description=content,
                    registered_at=datetime.now(UTC),
                )
            )
            return int(version)

    def source(self, name: str, version: int | None = None) -> SourceDescription:
        """A source's newest description, or an earlier one by version.

        Raises
        ------
        EraError
            If there is no such source or version.
        """
        wanted = self.source_version(name) if version is None else version
        with self._database.read() as connection:
            content = connection.execute(
                select(sources.c.description).where(sources.c.name == name, sources.c.version == wanted)
            ).scalar_one_or_none()
        if content is None:
            newest = self.source_version(name)
            raise EraError(f"source {name!r} has no version {wanted}; its versions are 1 to {newest}")
        return SourceDescription.model_validate_json(content)

    def source_version(self, name: str) -> int:
        """The newest version's number.

        Raises
        ------
        EraError
            If there is no such source.
        """
        with self._database.read() as connection:
            version = connection.execute(select(func.max(sources.c.version)).where(sources.c.name == name)).scalar()
        if version is None:
            known = self.sources()
            near = difflib.get_close_matches(name, known, n=3) or known[:3]
            raise EraError(
                f"source {name!r} is not registered; "
                + (f"known ones are {', '.join(near)}" if near else "none is yet: import one first")
            )
        return int(version)

    def sources(self) -> list[str]:
        """Names of all registered sources, sorted."""
        with self._database.read() as connection:
            return list(connection.execute(select(sources.c.name).distinct().order_by(sources.c.name)).scalars())
