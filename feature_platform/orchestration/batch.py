"""Several eras in one run: small eras cost less than a run's start."""

import dagster as dg

from feature_platform.errors import FeaturePlatformError
from feature_platform.orchestration.assets.era import STAGE_BY_NAME, STAGES
from feature_platform.orchestration.events import log_outcome
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.stage_run import RunStage, measured_stages
from feature_platform.stages.platform import SupersededEraError


class BatchConfig(dg.Config):
    """Era ids, and the stages to run of each (all four where none is named)."""

    eras: list[str]
    stages: list[str] = []


@dg.op(description="Runs each era's stages in turn; what one era cannot do stops only that era.")
def process_eras(context: dg.OpExecutionContext, config: BatchConfig, platform: PlatformResource) -> None:
    """Record a materialization and check evaluations per era and stage; fail at the end if any era failed."""
    unknown = sorted(set(config.stages) - set(STAGE_BY_NAME))
    if unknown:
        raise dg.Failure(f"stages {', '.join(unknown)} are none of {', '.join(STAGE_BY_NAME)}", allow_retries=False)
    stages = [stage.name for stage in STAGES if stage.name in config.stages or not config.stages]
    opened = platform.open()
    failures = []
    with measured_stages(context, opened) as run_stage:
        for done, era_id in enumerate(config.eras, start=1):
            try:
                _process(context, run_stage, era_id, stages)
            except SupersededEraError as error:
                context.log.warning(str(error))
            except FeaturePlatformError as error:
                context.log.error(f"{era_id}: {error}")
                failures.append(f"{era_id}: {error}")
            context.log.info(f"{done} of {len(config.eras)} eras done")
    if failures:
        raise dg.Failure(
            f"{len(failures)} of {len(config.eras)} eras failed, the others are recorded: " + "; ".join(failures),
            allow_retries=False,
        )


def _process(context: dg.OpExecutionContext, run_stage: RunStage, era_id: str, stages: list[str]) -> None:
    for name in stages:
        stage = STAGE_BY_NAME[name]
        outcome = run_stage(stage, era_id)
        log_outcome(context, outcome, code_version=stage.code_version)
