"""Selected features on into the feature store in PostgreSQL, where there is one."""

import polars as pl

from feature_platform.eras.era import Era
from feature_platform.errors import StoreError
from feature_platform.stages.outcome import CheckOutcome
from feature_platform.stages.platform import Platform
from feature_platform.store.era_values import wanted_values
from feature_platform.store.feature_store import FeatureStore

CHECK = "feature_store"
SAID = {
    "written": "stored in {store}",
    "unchanged": "{store} holds these values already",
    "overtaken": "newer values of this era were committed meanwhile; {store} gets those",
}


def serve_features(platform: Platform, era: Era, table: pl.DataFrame) -> tuple[CheckOutcome, ...]:
    """Make what was just committed the era's values in the feature store; no check where there is no such store.

    A store that cannot be written is a warning, not a failure: the manifest stands, computing again would mend nothing,
    and `feature-platform store sync` brings the store in step.
    """
    try:
        if platform.store is None:
            return ()
        said = _served(platform, platform.store, era, table)
    except StoreError as error:
        return (CheckOutcome(CHECK, passed=False, description=str(error), severity="warning"),)
    return (CheckOutcome(CHECK, passed=True, description=said, severity="warning"),)


def _served(platform: Platform, store: FeatureStore, era: Era, table: pl.DataFrame) -> str:
    wanted = wanted_values(platform.datasets, platform.selections, era)
    if wanted is None:
        return f"provisional, or of features that were replaced meanwhile: not put into {store}"
    outcome = store.put(
        wanted, table, still_wanted=lambda: wanted_values(platform.datasets, platform.selections, era) == wanted
    )
    return SAID[outcome].format(store=store)
