"""Stage 2: an era's readings on a regular grid."""

from datetime import datetime

import polars as pl

from feature_platform.digest import digest
from feature_platform.eras.era import Era
from feature_platform.plots.data_uri import data_uri
from feature_platform.plots.frame import frame_plot
from feature_platform.preprocessing.api import FrameResult, preprocess
from feature_platform.preprocessing.checks import check_frame
from feature_platform.preprocessing.scaling import ScalingStatistics, fit_scaling
from feature_platform.sources.description import SourceDescription
from feature_platform.stages import raw_readings
from feature_platform.stages.outcome import CheckOutcome, Markdown, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Provenance

DATASET = "preprocessed_frame"
CODE_VERSION = "1"
CHECKS = {
    "regular_grid": "Times are the era's whole grid, values finite and within their physical range.",
    "coverage": "Every sensor has values on at least the source's least share of the grid.",
    "physical_range": "The share of readings outside their physical range, which became null, is within the limit.",
}


def settings_version(description: SourceDescription) -> str:
    """Hash of all in a description that decides a frame's cells."""
    decisive = {
        "preprocessing": description.preprocessing.model_dump(mode="json", exclude={"engine"}),
        "sensors": [sensor.model_dump(mode="json", include={"id", "kind", "range"}) for sensor in description.sensors],
    }
    return digest(decisive)


def build_frame(platform: Platform, era_id: str) -> StageOutcome:
    """Store one era's frame, computed from its raw_readings.

    Raises
    ------
    EraError
        If the era is unknown or superseded.
    StorageError
        If its raw_readings are missing or damaged, or the frame cannot be written.
    PreprocessingError
        If the settings cannot be applied to this era.
    """
    record = platform.current_era(era_id)
    era = record.era
    description = platform.catalogue.source(era.source)
    raw = platform.datasets.require(raw_readings.DATASET, era_id)
    scaling = _scaling(platform, description, era)
    result = preprocess(
        platform.datasets.scan(raw),
        description.sensors,
        start=era.start,
        end=era.end,
        settings=description.preprocessing,
        scaling=scaling,
    )
    manifest = platform.datasets.write(
        DATASET,
        era_id,
        result.frame,
        Provenance(
            data_version=raw.data_version,
            data_revision=raw.data_revision,
            input_version=raw.version,
            settings_version=settings_version(description),
            code_version=CODE_VERSION,
            engine=result.engine,
            details={
                "engine_reason": result.engine_reason,
                "row_count": raw.details["row_count"],
                "scaling": None if scaling is None else scaling.model_dump(mode="json"),
            },
        ),
    )
    return StageOutcome(
        manifest=manifest,
        feature_set=description.features.cost_name,
        metadata={
            "rows": result.frame.height,
            "columns": result.frame.width,
            "coverage": round(_mean_coverage(result), 4),
            "engine": result.engine,
            "engine_reason": result.engine_reason,
            "seconds": round(result.seconds, 3),
            "readings_per_second": round(raw.rows / result.seconds),
            "bytes": manifest.bytes,
            "scaling_version": _scaling_version(scaling),
            "coverage_per_sensor": result.coverage,
            "plot": Markdown(_plot(result, description, era)),
        },
        checks=_checks(result, description, era.start, era.end),
    )


def _scaling(platform: Platform, description: SourceDescription, scaled: Era) -> ScalingStatistics | None:
    settings = description.preprocessing
    if settings.scaling == "none":
        return None
    fitted_on = [platform.catalogue.era(era_id).era for era_id in settings.scaling_eras]
    until = max(era.end for era in fitted_on)
    if scaled.start < until:
        # Scaled, it would hold what was measured after it. It has its other columns all the same.
        return ScalingStatistics.unknown(settings.scaling, [s.id for s in description.sensors], scaled.start)
    return fit_scaling(
        (_unscaled(platform, description, era) for era in fitted_on),
        description.sensors,
        settings.scaling,
        fitted_until=until,
    )


def _scaling_version(scaling: ScalingStatistics | None) -> str:
    if scaling is None:
        return "none"
    if not any(sensor.count for sensor in scaling.sensors.values()):
        return "null: the era begins before the end of the eras that scaling is fitted on"
    return scaling.version_hash


def _unscaled(platform: Platform, description: SourceDescription, era: Era) -> pl.DataFrame:
    # From the readings: a stored frame may follow other settings, and an era that is fitted on has none before this.
    settings = description.preprocessing.model_copy(update={"scaling": "none", "scaling_eras": ()})
    readings = platform.readings.collect(
        description.source, platform.readings.scan(description.source, era.start - settings.warm_up, era.end)
    )
    return preprocess(readings.lazy(), description.sensors, start=era.start, end=era.end, settings=settings).frame


def _mean_coverage(result: FrameResult) -> float:
    mean = result.coverage["coverage"].mean()
    return float(mean) if isinstance(mean, (int, float)) else 0.0


def _plot(result: FrameResult, description: SourceDescription, era: Era) -> str:
    png = frame_plot(result.frame, description.sensors, title=era.era_id, simulated=description.simulated)
    return data_uri(png, f"Sensors of era {era.era_id} on the grid; gaps are shaded")


def _checks(
    result: FrameResult, description: SourceDescription, start: datetime, end: datetime
) -> tuple[CheckOutcome, ...]:
    limits = description.limits
    thin = result.coverage.filter(pl.col("coverage") < limits.coverage)
    readings = max(int(result.coverage["readings"].sum()), 1)
    outside = int(result.coverage["out_of_range"].sum()) / readings
    return (
        CheckOutcome.of_problems(
            "regular_grid",
            check_frame(result.frame, description.sensors, start, end, description.preprocessing),
            "regular, unique, ascending UTC times; a column per sensor; values inside the physical ranges",
        ),
        CheckOutcome(
            name="coverage",
            passed=thin.is_empty(),
            severity="warning",
            description=_covered(thin, limits.coverage),
            metadata={"limit": limits.coverage, "sensors_below": thin.height},
        ),
        CheckOutcome(
            name="physical_range",
            passed=outside <= limits.out_of_range_share,
            severity="warning",
            description=f"{outside:.3%} of the readings lie outside their physical range and became null; "
            f"the limit is {limits.out_of_range_share:.3%}",
            metadata={"out_of_range_share": outside, "limit": limits.out_of_range_share},
        ),
    )


def _covered(thin: pl.DataFrame, limit: float) -> str:
    if thin.is_empty():
        return f"every sensor covers at least {limit:.0%} of the grid"
    shares = "; ".join(f"{row['sensor_id']}: {row['coverage']:.1%}" for row in thin.iter_rows(named=True))
    return f"less than {limit:.0%} of the grid is covered by {shares}"
