"""The fan-in assets: feature_selection, and the pinned_selection that it updates."""

from collections.abc import Sequence

import dagster as dg
import polars as pl

from feature_platform.errors import SelectionError
from feature_platform.orchestration.database_loss import database_loss_ends_the_worker
from feature_platform.orchestration.events import metadata_values
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.plots.data_uri import data_uri
from feature_platform.routing.memory import memory_errors_end_the_worker
from feature_platform.selection.summary import CALCULATOR, SENSOR, kept_by
from feature_platform.stages.feature_selection import SelectionOutcome, pin_selection, scopes
from feature_platform.stages.outcome import Markdown, MetadataEntry

NAMES_SHOWN = 200


class ScopeConfig(dg.Config):
    """Which scopes; all that have eras where nothing is named."""

    source: str | None = None
    level: str | None = None


def selection_assets(*, owners: Sequence[str], group: str) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """feature_selection and pinned_selection.

    pinned_selection is external on purpose: a plain dependency of selected_features on feature_selection would stop
    every era of a backfill for one era that failed.
    """

    @dg.asset(
        deps=[dg.AssetDep("tsfresh_features", partition_mapping=dg.AllPartitionMapping())],
        description="One selection over all eras of a scope (source, level, feature set): missing share, variance, "
        "correlation clusters, relevance. Pins a version.",
        kinds={"polars", "numpy"},
        owners=owners,
        group_name=group,
        code_version="2",
        pool="feature_selection",
        hooks={database_loss_ends_the_worker},
        check_specs=[
            dg.AssetCheckSpec(
                "selection_drift",
                asset="feature_selection",
                description="The pinned columns are those of the version before.",
            ),
            dg.AssetCheckSpec(
                "all_eras_present", asset="feature_selection", description="Every era of the scope has features."
            ),
        ],
    )
    def feature_selection(
        context: dg.AssetExecutionContext, config: ScopeConfig, platform: PlatformResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster reads the bare name
        opened = platform.open()
        outcomes, failures = [], []
        for scope in scopes(opened, config.source, config.level):
            try:
                with memory_errors_end_the_worker():
                    outcomes.append(pin_selection(opened, scope))
            except SelectionError as error:
                # A scope without features yet is no reason to leave the others unpinned.
                context.log.warning(str(error))
                failures.append(str(error))
        if not outcomes:
            raise dg.Failure(
                "; ".join(failures) or "no scope has eras yet; materialize era_catalogue first", allow_retries=False
            )
        for outcome in outcomes:
            context.log_event(
                dg.AssetMaterialization(
                    "pinned_selection",
                    description=str(outcome.scope),
                    metadata=metadata_values(
                        {
                            "scope": str(outcome.scope),
                            "version": outcome.pinned.version,
                            "columns": len(outcome.pinned.columns),
                        }
                    ),
                )
            )
        return dg.MaterializeResult(
            metadata=metadata_values(_metadata(outcomes, failures)),
            check_results=[_drift(outcomes), _present(outcomes)],
        )

    pinned_selection = dg.AssetSpec(
        "pinned_selection",
        deps=["feature_selection"],
        description="The pinned, versioned lists of feature columns, one per scope. Updated by feature_selection.",
        kinds={"json"},
        owners=owners,
        group_name=group,
    )
    return [feature_selection, pinned_selection]


def _metadata(outcomes: Sequence[SelectionOutcome], failures: Sequence[str]) -> dict[str, MetadataEntry]:
    from feature_platform.plots.selection import (  # noqa: PLC0415 - slow to import; matplotlib
        correlation_heatmap,
        dropped_by_reason_bar,
    )

    table = pl.DataFrame(
        [
            {
                "scope": str(outcome.scope) + (" (simulated)" if outcome.simulated else ""),
                "version": outcome.pinned.version,
                "kept": len(outcome.report.kept),
                "dropped": outcome.report.dropped.height,
                "rows": outcome.report.rows,
                "eras": len(outcome.report.eras),
                "eras_missing": len(outcome.eras_missing),
                "engine": f"{outcome.report.engine}: {outcome.report.engine_reason}",
                "notes": "; ".join(outcome.report.notes),
                "seconds": round(outcome.seconds, 2),
            }
            for outcome in outcomes
        ]
    )
    metadata: dict[str, MetadataEntry] = {"scopes": table, "not_selected": "; ".join(failures) or "none"}
    for outcome in outcomes:
        scope, report = str(outcome.scope), outcome.report
        every = (*report.kept, *report.dropped["column"])
        metadata[f"kept by sensor in {scope}"] = kept_by(SENSOR, report.kept, every)
        metadata[f"kept by calculator in {scope}"] = kept_by(CALCULATOR, report.kept, every)
        metadata[f"kept in {scope}"] = pl.DataFrame({"column": report.kept[:NAMES_SHOWN]})
        metadata[f"dropped in {scope}"] = report.dropped.head(NAMES_SHOWN)
        metadata[f"dropped by reason in {scope}"] = Markdown(
            data_uri(
                dropped_by_reason_bar(report.reasons, simulated=outcome.simulated),
                f"Columns dropped by reason in {scope}",
            )
        )
        if report.correlation is not None:
            metadata[f"correlation in {scope}"] = Markdown(
                data_uri(
                    correlation_heatmap(
                        report.correlation, report.correlated, of=len(report.kept), simulated=outcome.simulated
                    ),
                    f"Correlation of kept columns in {scope}",
                )
            )
    return metadata


def _drift(outcomes: Sequence[SelectionOutcome]) -> dg.AssetCheckResult:
    moved = [o for o in outcomes if o.drift is not None and (o.drift.added or o.drift.removed)]
    return dg.AssetCheckResult(
        check_name="selection_drift",
        passed=not moved,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(
            f"{o.scope}: {len(o.drift.added)} columns came, {len(o.drift.removed)} went since the version before"
            for o in moved
            if o.drift is not None
        )
        or "the selections are those that were pinned before",
    )


def _present(outcomes: Sequence[SelectionOutcome]) -> dg.AssetCheckResult:
    missing = {str(o.scope): o.eras_missing for o in outcomes if o.eras_missing}
    return dg.AssetCheckResult(
        check_name="all_eras_present",
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{scope}: without {', '.join(ids[:10])}" for scope, ids in missing.items())
        or "every era of every scope took part",
    )
