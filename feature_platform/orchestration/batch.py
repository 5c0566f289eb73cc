"""Several eras in one run: small eras cost less than a run's start."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from feature_platform.errors import CatalogueUnreachableError, FeaturePlatformError
from feature_platform.orchestration.assets.era import (
    CATALOGUE_PAUSE_SECONDS,
    CATALOGUE_RETRIES,
    STAGE_BY_NAME,
    Stage,
)
from feature_platform.orchestration.batch_events import EraEvent, batch_events, plan_checks, plan_stages
from feature_platform.orchestration.database_loss import lost_database
from feature_platform.orchestration.earlier_attempts import EarlierAttempts
from feature_platform.orchestration.era_states import era_state
from feature_platform.orchestration.lineage import Lineage
from feature_platform.orchestration.recorded_events import RecordedEvents
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.sqlite_events import recorded_events
from feature_platform.orchestration.stage_run import RunStage, measured_stages
from feature_platform.stages.platform import Platform, SupersededEraError

FAILED_ERAS = "failed_eras"
"""Metadata of a batch's failure: why each of its eras failed, by era id."""


class BatchConfig(dg.Config):
    """Era ids, and the stages to run of each (all four where none is named)."""

    eras: list[str]
    stages: list[str] = []


def batch_config(eras: Sequence[str], stages: Sequence[str] = ()) -> dict[str, Any]:
    """The run config of a batch job."""
    return {"ops": {process_eras.name: {"config": {"eras": list(eras), "stages": list(stages)}}}}


@dg.op(out={}, description="Runs each era's stages in turn; what one era cannot do stops only that era.")
def process_eras(context: dg.OpExecutionContext, config: BatchConfig, platform: PlatformResource) -> Iterator[EraEvent]:
    """Record a materialization and check evaluations per era and stage; fail at the end if any era failed.

    A retry leaves out the eras that an attempt before it finished, where their results are still those of the data,
    the settings and the code of now.
    """
    unknown = sorted(set(config.stages) - set(STAGE_BY_NAME))
    if unknown:
        raise dg.Failure(f"stages {', '.join(unknown)} are none of {', '.join(STAGE_BY_NAME)}", allow_retries=False)
    stages = [stage for name, stage in STAGE_BY_NAME.items() if name in config.stages or not config.stages]
    opened = platform.open()
    failures: dict[str, Exception] = {}
    with recorded_events(context.instance) as events, measured_stages(context, opened) as run_stage:
        try:
            yield from _process_all(context, events, run_stage, opened, config.eras, stages, failures)
        except CatalogueUnreachableError as error:
            raise dg.RetryRequested(CATALOGUE_RETRIES, CATALOGUE_PAUSE_SECONDS) from error
    if failures:
        errors = {era_id: _in_words(error) for era_id, error in failures.items()}
        described = "; ".join(f"{era_id}: {error}" for era_id, error in errors.items())
        bugs = [error for error in failures.values() if not isinstance(error, FeaturePlatformError)]
        raise dg.Failure(
            f"{len(failures)} of {len(config.eras)} eras failed, the others are recorded: {described}",
            metadata={FAILED_ERAS: dg.MetadataValue.json(errors)},
            allow_retries=False,
        ) from next(iter(bugs), None)


def _process_all(
    context: dg.OpExecutionContext,
    events: RecordedEvents,
    run_stage: RunStage,
    platform: Platform,
    eras: list[str],
    stages: Sequence[Stage],
    failures: dict[str, Exception],
) -> Iterator[EraEvent]:
    lineage = Lineage(events)
    earlier = EarlierAttempts.of(context, stages[-1])
    for done, era_id in enumerate(earlier.order(eras), start=1):
        try:
            if era_id in earlier.finished and _is_fresh(platform, era_id, stages):
                context.log.info(f"{era_id}: done before this attempt")
            else:
                platform.current_era(era_id)  # a superseded era leaves nothing planned behind
                with events.together():
                    plan_stages(context, era_id, stages)
                yield from _process(context, events, run_stage, lineage, era_id, stages)
        except SupersededEraError as error:
            context.log.warning(str(error))
        except CatalogueUnreachableError:
            raise
        except Exception as error:  # a bug that one era meets stops no other either: it is raised at the end
            if lost_database(error):
                raise
            is_bug = not isinstance(error, FeaturePlatformError)
            context.log.error(f"{era_id}: {_in_words(error)}", exc_info=error if is_bug else None)
            failures[era_id] = error
        context.log.info(f"{done} of {len(eras)} eras done")


def _process(
    context: dg.OpExecutionContext,
    events: RecordedEvents,
    run_stage: RunStage,
    lineage: Lineage,
    era_id: str,
    stages: Sequence[Stage],
) -> Iterator[EraEvent]:
    for position, stage in enumerate(stages):
        inputs = lineage.input_tags(stage, era_id)
        try:
            outcome = run_stage(stage, era_id)
        except Exception:
            plan_checks(context, era_id, stages[position:])
            raise
        with events.together():
            yield from batch_events(lineage, outcome, code_version=stage.code_version, inputs=inputs)


def _is_fresh(platform: Platform, era_id: str, stages: Sequence[Stage]) -> bool:
    record = platform.current_era(era_id)
    state = era_state(platform, record, platform.catalogue.source(record.era.source))
    return not {stage.name for stage in stages} & {*state.due, *state.outdated}


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, FeaturePlatformError) else f"{type(error).__name__}: {error}"
