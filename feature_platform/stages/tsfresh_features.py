"""Stage 3: an era's features over its windows."""

from collections.abc import Callable

import polars as pl

from feature_platform.features.api import ENGINES, FeatureResult, check_features, extract_era_features
from feature_platform.features.settings import FeatureSettings
from feature_platform.plots.data_uri import data_uri
from feature_platform.stages import preprocessed_frame
from feature_platform.stages.outcome import CheckOutcome, Markdown, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Provenance
from feature_platform.storage.selections import Scope

DATASET = "tsfresh_features"
CODE_VERSION = "1"
CHECKS = ("schema", "null_features", "no_invented_values")
NAME_COLUMNS_SHOWN = 12

Progress = Callable[[int, int], None]


def code_version(settings: FeatureSettings) -> str:
    """The stage's version and the engine's: either decides the values."""
    engine = ENGINES[settings.engine]()
    return f"{CODE_VERSION}+{engine.name}-{engine.version}"


def compute_features(platform: Platform, era_id: str, *, progress: Progress | None = None) -> StageOutcome:
    """Store the features of one era, computed from its preprocessed_frame.

    Raises
    ------
    EraError
        If the era is unknown or superseded.
    StorageError
        If its preprocessed_frame is missing or damaged, or the features cannot be written.
    FeatureError
        If the settings ask for what there is not.
    """
    record = platform.current_era(era_id)
    era = record.era
    description = platform.catalogue.source(era.source)
    frame = platform.datasets.require(preprocessed_frame.DATASET, era_id)
    result = extract_era_features(
        platform.datasets.read(frame),
        [sensor.id for sensor in description.sensors],
        start=era.start,
        end=era.end,
        step=description.preprocessing.step,
        settings=description.features,
        progress=progress,
    )
    scope = Scope(era.source, era.level, description.features.scope_name)
    manifest = platform.datasets.write(
        DATASET,
        era_id,
        result.table,
        Provenance(
            data_version=frame.data_version,
            data_revision=frame.data_revision,
            input_version=frame.version,
            settings_version=scope.feature_set,
            code_version=code_version(description.features),
            engine=result.engine,
            details={
                "features": list(result.names),
                "windows": result.windows,
                "row_count": frame.details["row_count"],
            },
        ),
    )
    values = len(result.names) * result.windows
    return StageOutcome(
        manifest=manifest,
        metadata={
            "feature_set": scope.feature_set,
            "windows": result.windows,
            "features": len(result.names),
            "dropped_tail_hours": round(result.dropped_tail.total_seconds() / 3600, 2),
            "series": result.series,
            "series_with_gaps": result.null_series,
            "engine": result.engine,
            "engine_version": result.engine_version,
            "left_to_tsfresh": "; ".join(f"{name}: {why}" for name, why in result.delegated.items()) or "nothing",
            "seconds": round(result.seconds, 3),
            "values_per_second": round(values / result.seconds) if result.seconds else 0,
            "bytes": manifest.bytes,
            "coverage_per_sensor": _coverage(result),
            "plot": Markdown(_plot(result, era_id, simulated=description.simulated)),
        },
        checks=_checks(result, description.limits.null_feature_share),
    )


def _plot(result: FeatureResult, era_id: str, *, simulated: bool) -> str:
    from feature_platform.plots.features import feature_heatmap  # noqa: PLC0415 - slow to import; matplotlib

    png = feature_heatmap(result.table, result.names, title=era_id, simulated=simulated)
    return data_uri(png, f"Features of era {era_id} over its windows")


def _coverage(result: FeatureResult) -> pl.DataFrame:
    coverage = result.table.select(pl.col(r"^.*__coverage$"))
    return pl.DataFrame(
        {
            "column": [name.removesuffix("__coverage") for name in coverage.columns],
            "mean_coverage": [coverage[name].mean() for name in coverage.columns],
            "complete_windows": [int((coverage[name] == 1).sum()) for name in coverage.columns],
        },
        schema={"column": pl.String(), "mean_coverage": pl.Float64(), "complete_windows": pl.Int64()},
    )


def _checks(result: FeatureResult, limit: float) -> tuple[CheckOutcome, ...]:
    features = result.table.select(result.names)
    wrong = [name for name, dtype in features.schema.items() if dtype != pl.Float64]
    cells = max(features.height * features.width, 1)
    nulls = sum(column.null_count() for column in features.iter_columns()) / cells
    return (
        CheckOutcome.of_problems(
            "schema",
            [f"{len(wrong)} feature columns are no floats: {', '.join(wrong[:NAME_COLUMNS_SHOWN])}"] * bool(wrong),
            f"{features.width} feature columns of 64-bit floats",
        ),
        CheckOutcome(
            name="null_features",
            passed=nulls <= limit,
            severity="warning",
            description=f"{nulls:.2%} of the feature values are null; the limit is {limit:.2%}",
            metadata={"null_feature_share": nulls, "limit": limit},
        ),
        CheckOutcome.of_problems(
            "no_invented_values",
            check_features(result.table, result.names),
            "no feature has a value in a window whose readings have gaps",
        ),
    )
