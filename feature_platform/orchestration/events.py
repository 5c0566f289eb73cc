"""A stage's outcome as Dagster's events: the same for one era and for a batch."""

from collections.abc import Mapping

import dagster as dg
import polars as pl

from feature_platform.stages.outcome import CheckOutcome, Markdown, MetadataEntry, StageOutcome

TABLE_ROWS_SHOWN = 200

SEVERITIES = {"warning": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


def metadata_values(metadata: Mapping[str, MetadataEntry]) -> dict[str, dg.MetadataValue]:
    """Domain metadata as Dagster's; tables are cut after their first rows."""
    return {name: _metadata_value(entry) for name, entry in metadata.items()}


def _metadata_value(entry: MetadataEntry) -> dg.MetadataValue:
    match entry:
        case bool():
            return dg.MetadataValue.bool(entry)
        case int():
            return dg.MetadataValue.int(entry)
        case float():
            return dg.MetadataValue.float(entry)
        case str():
            return dg.MetadataValue.text(entry)
        case Markdown(text):
            return dg.MetadataValue.md(text)
        case pl.DataFrame():
            return _table(entry)


def _table(frame: pl.DataFrame) -> dg.MetadataValue:
    plain = frame.head(TABLE_ROWS_SHOWN).with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M"))
    types = {pl.Int64: "int", pl.UInt32: "int", pl.Float64: "float", pl.Boolean: "bool"}
    columns = [
        dg.TableColumn(name, next((word for kind, word in types.items() if dtype == kind), "string"))
        for name, dtype in plain.schema.items()
    ]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(row) for row in plain.iter_rows(named=True)], schema=dg.TableSchema(columns)
    )


def materialize_result(outcome: StageOutcome) -> dg.MaterializeResult[None]:
    """The outcome of an era's asset, inside its own step."""
    return dg.MaterializeResult(
        asset_key=outcome.manifest.dataset,
        metadata=metadata_values(outcome.metadata),
        data_version=dg.DataVersion(outcome.manifest.version),
        tags=outcome_tags(outcome),
        check_results=[_check_result(outcome.manifest.dataset, check) for check in outcome.checks],
    )


def outcome_tags(outcome: StageOutcome) -> dict[str, str]:
    """The platform's own tags of a materialization."""
    return {
        "feature_platform/data_version": outcome.manifest.data_version,
        "feature_platform/engine": outcome.manifest.engine,
    }


def _check_result(dataset: str, check: CheckOutcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=dataset,
        check_name=check.name,
        passed=check.passed,
        description=check.description,
        metadata=metadata_values(check.metadata),
        severity=SEVERITIES[check.severity],
    )
