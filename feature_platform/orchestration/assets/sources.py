"""The unpartitioned assets before the eras: source_readings and era_catalogue."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import polars as pl

from feature_platform.errors import FeaturePlatformError
from feature_platform.orchestration.database_loss import database_loss_ends_the_worker
from feature_platform.orchestration.events import metadata_values
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.plots.data_uri import data_uri
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.sources.report import ImportReport
from feature_platform.sources.summary import SourceSummary, summarise
from feature_platform.stages.era_cut import CutOutcome, cut_source
from feature_platform.stages.outcome import Markdown, MetadataEntry
from feature_platform.stages.platform import Platform


class SourcesConfig(dg.Config):
    """Which sources; all registered ones where none is named."""

    sources: list[str] = []


def source_assets(*, owners: Sequence[str], group: str) -> list[dg.AssetsDefinition]:
    """source_readings and era_catalogue."""

    @dg.asset(
        description="Every source file, imported once by content hash into Parquet by source and month.",
        kinds={"polars", "parquet"},
        owners=owners,
        group_name=group,
        code_version="1",
        pool="source_readings",
        hooks={database_loss_ends_the_worker},
    )
    def source_readings(
        context: dg.AssetExecutionContext, config: SourcesConfig, platform: PlatformResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster reads the bare name
        opened = platform.open()
        for path in platform.descriptions:
            opened.catalogue.register_source(load_description(Path(path)))
        metadata: dict[str, MetadataEntry] = {}
        failures = []
        rows = []
        for name in chosen_sources(opened, config.sources):
            description = opened.catalogue.source(name)
            try:
                report = import_source(description, opened.readings, progress=_progress(context, name))
            except FeaturePlatformError as error:
                # One bad source must not keep the others' readings out; it fails the run below.
                context.log.error(str(error))
                failures.append(f"{name}: {error}")
                continue
            summary = summarise(opened.readings, name)
            rows.append(_source_row(report, summary, simulated=description.simulated))
            metadata[f"sensors of {name}"] = summary.per_sensor
        if failures:
            raise dg.Failure(
                f"{len(failures)} source(s) were not imported: " + "; ".join(failures), allow_retries=False
            )
        sources = pl.DataFrame(rows)
        metadata = {
            "readings": int(sources["readings"].sum()) if rows else 0,
            "files_read_now": int(sources["imported_now"].sum()) if rows else 0,
            "sources": sources,
            **metadata,
        }
        return dg.MaterializeResult(metadata=metadata_values(metadata))

    @dg.asset(
        deps=[source_readings],
        description="Eras: cut as each source's description says, counted from its readings, offered as partitions.",
        kinds={"sqlalchemy"},
        owners=owners,
        group_name=group,
        code_version="1",
        pool="era_catalogue",
        hooks={database_loss_ends_the_worker},
    )
    def era_catalogue(
        context: dg.AssetExecutionContext, config: SourcesConfig, platform: PlatformResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster reads the bare name
        opened = platform.open()
        metadata: dict[str, MetadataEntry] = {}
        failures = []
        offered = 0
        for name in chosen_sources(opened, config.sources):
            try:
                outcome = cut_source(opened, name)
            except FeaturePlatformError as error:
                context.log.error(str(error))
                failures.append(f"{name}: {error}")
                continue
            context.instance.add_dynamic_partitions(PARTITIONS_NAME, outcome.partitions)
            offered += len(outcome.partitions)
            metadata[f"eras of {name}"] = _era_table(outcome)
            metadata[f"cut of {name}"] = _cut_summary(outcome)
            metadata[f"plot of {name}"] = Markdown(_plot(opened, outcome))
        if failures:
            raise dg.Failure(f"{len(failures)} source(s) were not cut: " + "; ".join(failures), allow_retries=False)
        return dg.MaterializeResult(metadata=metadata_values({"eras": offered, **metadata}))

    return [source_readings, era_catalogue]


def chosen_sources(platform: Platform, wanted: Sequence[str]) -> list[str]:
    """The wanted sources, or all that are registered.

    Raises
    ------
    FeaturePlatformError
        If none is registered, or a wanted one is not.
    """
    known = platform.catalogue.sources()
    unknown = sorted(set(wanted) - set(known))
    if unknown or not known:
        raise FeaturePlatformError(
            f"sources {', '.join(unknown) or '(any)'} are not registered (there is {', '.join(known) or 'none'}); "
            "register one: feature-platform run --source SOURCE.yaml"
        )
    return list(wanted) or known


def _progress(context: dg.AssetExecutionContext, source: str) -> "_ImportLog":
    return _ImportLog(context, source)


class _ImportLog:
    """Says each quarter of a long import once."""

    def __init__(self, context: dg.AssetExecutionContext, source: str) -> None:
        self._context, self._source = context, source
        self._said: dict[str, int] = {}

    def __call__(self, unit: str, share: float) -> None:
        quarter = int(share * 4)
        if quarter > self._said.get(unit, 0):
            self._said[unit] = quarter
            self._context.log.info(f"{self._source}: {unit} {share:.0%} read")


def _source_row(report: ImportReport, summary: SourceSummary, *, simulated: bool) -> dict[str, str | int | float]:
    return {
        "source": summary.source + (" (simulated)" if simulated else ""),
        "times": summary.times,
        "readings": summary.readings,
        "sensors": summary.sensors,
        "rejected": ", ".join(f"{cause}: {count}" for cause, count in sorted(summary.rejected.items())) or "none",
        "imported_now": sum(unit.status != "unchanged" for unit in report.units),
        "seconds": round(report.seconds, 2),
    }


def _era_table(outcome: CutOutcome) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "era": record.era_id,
                "level": record.era.level,
                "start": record.era.start,
                "end": record.era.end,
                "days": round((record.era.end - record.era.start).total_seconds() / 86400, 2),
                "readings": record.row_count or 0,
                "label": record.era.label or "",
            }
            for record in outcome.eras
        ]
    )


def _cut_summary(outcome: CutOutcome) -> str:
    counts = {
        "added": sum(len(report.added) for report in outcome.reports.values()),
        "kept": sum(len(report.kept) for report in outcome.reports.values()),
        "superseded": sum(len(report.superseded) for report in outcome.reports.values()),
        "changed data": len(outcome.changed),
        "empty": len(outcome.empty),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _plot(platform: Platform, outcome: CutOutcome) -> str:
    from feature_platform.plots.eras import eras_over_signal_plot  # noqa: PLC0415 - slow to import; matplotlib

    summary = summarise(platform.readings, outcome.source)
    best = summary.per_sensor.sort("readings", "sensor_id", descending=[True, False])["sensor_id"][0]
    first, last = min(r.era.start for r in outcome.eras), max(r.era.end for r in outcome.eras)
    daily = (
        platform.readings.scan(outcome.source, first, last, sensors=[best])
        .group_by(pl.col("time").dt.truncate("1d"))
        .agg(pl.col("value").mean())
        .sort("time")
    )
    png = eras_over_signal_plot(
        platform.readings.collect(outcome.source, daily),
        [record.era for record in outcome.eras],
        title=f"{outcome.source}: {best}",
        simulated=platform.catalogue.source(outcome.source).simulated,
    )
    return data_uri(png, f"Era boundaries of {outcome.source} over the daily mean of {best}")
