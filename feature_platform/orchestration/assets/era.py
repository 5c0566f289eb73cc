"""The four assets of an era: raw_readings -> preprocessed_frame -> tsfresh_features -> selected_features."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from feature_platform.errors import CatalogueUnreachableError
from feature_platform.orchestration.database_loss import database_loss_ends_the_worker
from feature_platform.orchestration.events import materialize_result
from feature_platform.orchestration.partitions import eras
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.sqlite_events import recorded_events
from feature_platform.orchestration.stage_run import measured_stages
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.outcome import StageOutcome
from feature_platform.stages.platform import Platform, SupersededEraError

Run = Callable[[Platform, str], StageOutcome]

CATALOGUE_RETRIES = 6
CATALOGUE_PAUSE_SECONDS = 10
"""A catalogue that is away for a minute is no failure of an era; a failed step would not be retried by Dagster."""


@dataclass(frozen=True)
class Stage:
    """One era asset: what it computes, and what the lineage says of it."""

    name: str
    run: Run
    deps: tuple[str, ...]
    description: str
    kinds: frozenset[str]
    code_version: str
    checks: Mapping[str, str]


STAGES = (
    Stage(
        name=raw_readings.DATASET,
        run=raw_readings.slice_readings,
        deps=("source_readings", "era_catalogue"),
        description="The era's readings: sensor_id, time (UTC), value; sliced from what was imported once.",
        kinds=frozenset({"polars", "parquet"}),
        code_version=raw_readings.CODE_VERSION,
        checks=raw_readings.CHECKS,
    ),
    Stage(
        name=preprocessed_frame.DATASET,
        run=preprocessed_frame.build_frame,
        deps=(raw_readings.DATASET,),
        description="The era on a regular UTC grid, one column per sensor, null where nothing is known. "
        "Nothing leaks from the future.",
        kinds=frozenset({"polars", "parquet"}),
        code_version=preprocessed_frame.CODE_VERSION,
        checks=preprocessed_frame.CHECKS,
    ),
    Stage(
        name=tsfresh_features.DATASET,
        run=tsfresh_features.compute_features,
        deps=(preprocessed_frame.DATASET,),
        description="tsfresh's features of every sensor over every window of the era; null where a window has gaps.",
        kinds=frozenset({"tsfresh", "parquet"}),
        code_version=tsfresh_features.CODE_VERSION,
        checks=tsfresh_features.CHECKS,
    ),
    Stage(
        name=selected_features.DATASET,
        run=selected_features.project_features,
        deps=(tsfresh_features.DATASET, "pinned_selection"),
        description="The era's features on its scope's pinned columns; provisional until a selection is pinned.",
        kinds=frozenset({"polars", "parquet"}),
        code_version=selected_features.CODE_VERSION,
        checks=selected_features.CHECKS,
    ),
)
STAGE_BY_NAME = {stage.name: stage for stage in STAGES}


def era_assets(*, owners: Sequence[str], group: str) -> list[dg.AssetsDefinition]:
    """The four assets, each with its checks, partitioned by era."""
    return [_era_asset(stage, owners=owners, group=group) for stage in STAGES]


def _era_asset(stage: Stage, *, owners: Sequence[str], group: str) -> dg.AssetsDefinition:
    with warnings.catch_warnings():
        # Partitioned checks are in preview; without them a check would show the latest era's result for all eras.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        check_specs = [
            dg.AssetCheckSpec(name, asset=stage.name, description=description, partitions_def=eras)
            for name, description in stage.checks.items()
        ]

    # A multi-asset of one, because only there may both the asset and its checks stay out of a superseded era's run.
    @dg.multi_asset(
        name=stage.name,
        specs=[
            dg.AssetSpec(
                stage.name,
                deps=stage.deps,
                description=stage.description,
                kinds=set(stage.kinds),
                owners=owners,
                group_name=group,
                code_version=stage.code_version,
                partitions_def=eras,
                skippable=True,
            )
        ],
        check_specs=check_specs,
        can_subset=True,
        hooks={database_loss_ends_the_worker},
    )
    def era_asset(
        context: dg.AssetExecutionContext, platform: PlatformResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        try:
            with measured_stages(context, platform.open()) as run_stage:
                outcome = run_stage(stage, context.partition_key)
        except SupersededEraError as error:
            context.log.warning(str(error))
            return
        except CatalogueUnreachableError as error:
            raise dg.RetryRequested(CATALOGUE_RETRIES, CATALOGUE_PAUSE_SECONDS) from error
        with recorded_events(context.instance):  # Dagster records what is yielded before it asks for more
            yield materialize_result(outcome)

    return era_asset
