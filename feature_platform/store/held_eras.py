"""What the feature store holds now, era by era."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from feature_platform.store.era_values import EraValues

HELD = """
SELECT era.stored_id, era.era_id, era.manifest_version, era.features_version, 'v' || list.version AS label,
       era.windows = coalesce(counted.windows, 0) AS whole
FROM features.era_versions AS era
JOIN features.selection_lists AS list USING (selection_id)
LEFT JOIN (
    SELECT stored_id, count(*) AS windows FROM features.window_values
    WHERE CAST(:ids AS text[]) IS NULL OR era_id = ANY(:ids)
    GROUP BY stored_id
) AS counted USING (stored_id)
WHERE era.replaced_at IS NULL AND (CAST(:ids AS text[]) IS NULL OR era.era_id = ANY(:ids))
      AND list.source = coalesce(CAST(:source AS text), list.source)
ORDER BY era.stored_id
"""


@dataclass(frozen=True)
class HeldEra:
    """A current version of an era; `whole` says whether all its windows are there."""

    stored_id: int
    era_id: str
    manifest_version: str
    features_version: str
    label: str
    whole: bool

    def is_of(self, wanted: EraValues) -> bool:
        """Whether it is what the manifests want."""
        found = (self.manifest_version, self.features_version, self.label)
        manifest = wanted.manifest
        return self.whole and found == (manifest.version, manifest.input_version, wanted.selection.label)

    def gives_way_to(self, wanted: EraValues) -> bool:
        """Whether it is of other features, or another projection onto the same selection.

        What is of the same features and another selection stays, for those who load that version.
        """
        same_features = self.features_version == wanted.manifest.input_version
        return not same_features or (self.label == wanted.selection.label and not self.is_of(wanted))


def held_eras(
    connection: Connection, era_ids: Sequence[str] | None = None, *, source: str | None = None
) -> list[HeldEra]:
    """The current versions of all eras, or of some, or of one source's."""
    ids = None if era_ids is None else list(era_ids)
    return [HeldEra(**row) for row in connection.execute(text(HELD), {"ids": ids, "source": source}).mappings()]
