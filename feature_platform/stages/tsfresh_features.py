"""Stage 3: an era's features over its windows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from feature_platform.features.agreement import Agreement, ReferenceSample
from feature_platform.features.api import EraFeatures, plan_era_features
from feature_platform.features.audit import FeatureAudit
from feature_platform.features.engines import default_threads, engine_version, kernels_name
from feature_platform.features.parameters import calculators_of
from feature_platform.features.settings import FeatureSettings
from feature_platform.plots.data_uri import data_uri
from feature_platform.plots.features import evenly_sampled, feature_heatmap
from feature_platform.stages import preprocessed_frame
from feature_platform.stages.outcome import CheckOutcome, Markdown, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Manifest, Provenance
from feature_platform.storage.selections import Scope

DATASET = "tsfresh_features"
CODE_VERSION = "1"
CHECKS = {
    "schema": "Every feature column holds floats.",
    "null_features": "The share of null feature values is within the source's limit.",
    "no_invented_values": "A window with gaps has nulls, never features of values that nobody measured.",
    "tsfresh_agreement": "A sample of series has the values that tsfresh itself computes.",
}
SHOWN = 12

Progress = Callable[[int, int], None]


def code_version(settings: FeatureSettings) -> str:
    """The stage's version and that of the kernels, or of tsfresh: either decides the values."""
    name = kernels_name(settings.engine)
    return f"{CODE_VERSION}+{name}-{engine_version(name)}"


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
    began = time.perf_counter()
    record = platform.current_era(era_id)
    era = record.era
    description = platform.catalogue.source(era.source)
    settings = description.features
    frame = platform.datasets.require(preprocessed_frame.DATASET, era_id)
    features = plan_era_features(
        platform.datasets.read(frame),
        [sensor.id for sensor in description.sensors],
        start=era.start,
        end=era.end,
        step=description.preprocessing.step,
        settings=settings,
    )
    scope = Scope(era.source, era.level, settings.scope_name)
    watched = _Watched(features, FeatureAudit(features.names), _sample(features, settings, f"{era_id} {frame.version}"))
    manifest = platform.datasets.write_stream(
        DATASET,
        era_id,
        features.schema,
        watched.tables(progress),
        Provenance(
            data_version=frame.data_version,
            data_revision=frame.data_revision,
            input_version=frame.version,
            settings_version=scope.feature_set,
            code_version=code_version(settings),
            engine=features.engine.name,
            details={
                "features": list(features.names),
                "windows": features.count,
                "row_count": frame.details["row_count"],
            },
        ),
        settled=lambda provenance: replace(
            provenance,
            engine=features.engine.name,
            details={**provenance.details, "engine_reason": features.engine.reason},
        ),
    )
    plot = _plot(platform, manifest, features, simulated=description.simulated)
    agreement = watched.sample.compare(
        calculators_of(settings),
        native_seconds=watched.seconds * default_threads() / max(features.series - features.null_series, 1),
        budget=time.perf_counter() - began,
    )
    values = len(features.names) * features.count
    return StageOutcome(
        manifest=manifest,
        feature_set=settings.cost_name,
        metadata={
            "feature_set": scope.feature_set,
            "windows": features.count,
            "features": len(features.names),
            "dropped_tail_hours": round(features.windows.dropped_tail.total_seconds() / 3600, 2),
            "series": features.series,
            "series_with_gaps": features.null_series,
            "engine": features.engine.name,
            "engine_reason": features.engine.reason,
            "engine_version": features.engine.version,
            "left_to_tsfresh": "; ".join(f"{name}: {why}" for name, why in features.plan.delegated.items())
            or "nothing",
            "seconds": round(watched.seconds, 3),
            "values_per_second": round(values / watched.seconds) if watched.seconds else 0,
            "bytes": manifest.bytes,
            "coverage_per_sensor": _coverage(features),
            "plot": Markdown(plot),
        },
        checks=(
            *_checks(features, watched.audit, description.limits.null_feature_share),
            _agreement_check(features, settings, agreement),
        ),
    )


@dataclass
class _Watched:
    """Tables on their way to storage: what computing them took, what they hold, and the sample of their series."""

    features: EraFeatures
    audit: FeatureAudit
    sample: ReferenceSample
    seconds: float = field(default=0.0)

    def tables(self, progress: Progress | None) -> Iterator[pl.DataFrame]:
        tables, first = self.features.tables(progress), 0
        while True:
            began = time.perf_counter()
            table = next(tables, None)
            self.seconds += time.perf_counter() - began
            if table is None:
                return
            self.audit.add(table)
            self.sample.take(table, first)
            first += table.height
            yield table


def _sample(features: EraFeatures, settings: FeatureSettings, seed: str) -> ReferenceSample:
    # tsfresh needs no comparison with itself.
    share = 0.0 if settings.engine == "tsfresh" else settings.reference_share
    return ReferenceSample.draw(features, share, seed)


def _plot(platform: Platform, manifest: Manifest, features: EraFeatures, *, simulated: bool) -> str:
    drawn = platform.datasets.read(manifest, evenly_sampled(features.names))
    png = feature_heatmap(drawn, features.names, title=manifest.era_id, simulated=simulated)
    return data_uri(png, f"Features of era {manifest.era_id} over its windows")


def _coverage(features: EraFeatures) -> pl.DataFrame:
    coverage = features.windows.coverage
    return pl.DataFrame(
        {
            "column": list(features.kinds.values()),
            "mean_coverage": [float(coverage[column].mean()) for column in features.kinds],
            "complete_windows": [int((coverage[column] == 1).sum()) for column in features.kinds],
        },
        schema={"column": pl.String(), "mean_coverage": pl.Float64(), "complete_windows": pl.Int64()},
    )


def _checks(features: EraFeatures, audit: FeatureAudit, limit: float) -> tuple[CheckOutcome, ...]:
    wrong = audit.strange_types()
    nulls = audit.null_values / max(audit.values, 1)
    return (
        CheckOutcome.of_problems(
            "schema",
            [f"{len(wrong)} feature columns are no floats: {', '.join(wrong[:SHOWN])}"] * bool(wrong),
            f"{len(features.names)} feature columns of 64-bit floats",
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
            audit.problems(),
            "no feature has a value in a window whose readings have gaps",
        ),
    )


def _agreement_check(features: EraFeatures, settings: FeatureSettings, agreement: Agreement) -> CheckOutcome:
    if settings.engine == "tsfresh":
        description = "computed by tsfresh itself"
    elif agreement.failure:
        description = f"tsfresh gave no values to compare with: {agreement.failure}"
    elif agreement.differing:
        shown = "; ".join(agreement.differing[:SHOWN])
        more = len(agreement.differing) - SHOWN
        description = shown + (f"; and {more} more" if more > 0 else "")
    elif agreement.series:
        description = f"{agreement.values:,} values of {agreement.series} series are tsfresh's"
    elif agreement.missed:
        description = "not compared: tsfresh would take longer for its sample than the features took"
    else:
        share = settings.reference_share
        description = (
            f"not compared: of {features.series - features.null_series:,} series none fell to a share of {share:g}"
        )
    return CheckOutcome(
        name="tsfresh_agreement",
        passed=not agreement.differing and not agreement.failure,
        severity="warning",
        description=description,
        metadata={
            "series_compared": agreement.series,
            "values_compared": agreement.values,
            "values_differing": len(agreement.differing),
            "values_unstable_in_tsfresh": agreement.unstable,
            "series_missed": agreement.missed,
            "reference_seconds": round(agreement.seconds, 3),
        },
    )
