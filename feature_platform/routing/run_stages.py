"""Which stages of its eras a run goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feature_platform.routing.cost_model import STAGES

if TYPE_CHECKING:
    import dagster as dg


def run_stages(run: dg.DagsterRun) -> tuple[str, ...]:
    """The stages that its steps, assets or job or a batch's config name, in their order; all where they name none."""
    assets = [key.to_user_string() for key in run.asset_selection or ()]
    named = set(run.step_keys_to_execute or assets or [run.job_name.removesuffix("_job")])
    match run.run_config:
        case {"ops": {"process_eras": {"config": {"stages": [*stages]}}}}:
            named |= {stage for stage in stages if isinstance(stage, str)}
    return tuple(stage for stage in STAGES if stage in named) or STAGES
