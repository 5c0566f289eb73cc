"""The plots of an era's report, each with the text that stands for it where it cannot be seen."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from feature_platform.plots.coverage import coverage_plot
from feature_platform.plots.eras import eras_over_signal_plot
from feature_platform.plots.features import evenly_sampled, feature_heatmap
from feature_platform.plots.readings import readings_plot
from feature_platform.plots.selection import dropped_by_reason_bar
from feature_platform.reports.facts import EraFacts, era_readings
from feature_platform.stages import preprocessed_frame, tsfresh_features
from feature_platform.stages.platform import Platform

POINTS = 1500
"""Means that the signal over an era and its neighbours is drawn by, at most."""


@dataclass(frozen=True)
class Picture:
    """One plot: a heading, a PNG, and in words what it shows."""

    heading: str
    png: bytes
    alt: str

    @property
    def uri(self) -> str:
        """The plot inside the page."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"


def era_pictures(platform: Platform, facts: EraFacts) -> list[Picture]:
    """The plots of what the era has so far."""
    found = (_readings(platform, facts), _boundaries(platform, facts), _features(platform, facts), _dropped(facts))
    return [picture for pictures in found for picture in pictures]


def _readings(platform: Platform, facts: EraFacts) -> Iterator[Picture]:
    readings = era_readings(platform, facts.record)
    stored = facts.manifests[preprocessed_frame.DATASET]
    if readings is None or stored is None:
        return
    frame = platform.datasets.read(stored)
    outside = {sensor.sensor: sensor.outside_range for sensor in facts.sensors if sensor.outside_range}
    named = ", ".join(f"{count:,} of {sensor}" for sensor, count in outside.items()) or "none"
    yield Picture(
        "Readings and frame",
        readings_plot(
            readings,
            frame,
            facts.description.sensors,
            title=facts.record.era_id,
            simulated=facts.description.simulated,
        ),
        f"Readings of up to 6 sensors as dots under the frame's line; gaps are shaded. Outside their range: {named}.",
    )
    coverage = pl.DataFrame(
        {"sensor_id": [s.sensor for s in facts.sensors], "coverage": [s.coverage for s in facts.sensors]},
        schema={"sensor_id": pl.String(), "coverage": pl.Float64()},
    )
    limit = facts.description.limits.coverage
    below = coverage.filter(pl.col("coverage").fill_null(0) < limit)["sensor_id"].to_list()
    yield Picture(
        "Coverage",
        coverage_plot(coverage, limit=limit, simulated=facts.description.simulated),
        f"Share of the frame's cells that are known, by sensor. Below {limit:.0%}: {', '.join(below) or 'none'}.",
    )


def _boundaries(platform: Platform, facts: EraFacts) -> Iterator[Picture]:
    era = facts.record.era
    length = era.end - era.start
    first, last = era.start - length, era.end + length
    near = [
        record.era
        for record in platform.catalogue.eras(source=era.source)
        if record.era.start < last and record.era.end > first
    ]
    counted = [sensor for sensor in facts.sensors if sensor.readings]
    if not counted:
        return
    best = max(counted, key=lambda sensor: sensor.readings).sensor
    every = max((last - first) // POINTS, timedelta(minutes=1))
    minutes = -(-every // timedelta(minutes=1))
    signal = (
        platform.readings.scan(era.source, first, last, sensors=[best])
        .group_by(pl.col("time").dt.truncate(f"{minutes}m"))
        .agg(pl.col("value").mean())
        .sort("time")
    )
    eras = near if era in near else [*near, era]  # a superseded era is none of the catalogue's
    yield Picture(
        "The era between its neighbours",
        eras_over_signal_plot(
            platform.readings.collect(era.source, signal),
            eras,
            title=f"{era.era_id}: {best}",
            simulated=facts.description.simulated,
        ),
        f"Mean of {best} every {minutes} minutes from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, over the "
        f"{len(eras)} eras there.",
    )


def _features(platform: Platform, facts: EraFacts) -> Iterator[Picture]:
    stored = facts.manifests[tsfresh_features.DATASET]
    if stored is None:
        return
    names = stored.details["features"]
    yield Picture(
        "Features over the windows",
        feature_heatmap(
            platform.datasets.read(stored, evenly_sampled(names)),
            names,
            title=facts.record.era_id,
            simulated=facts.description.simulated,
        ),
        f"Standard score of {len(names):,} features over {stored.rows:,} windows: blue below each feature's mean, red "
        "above, grey unknown.",
    )


def _dropped(facts: EraFacts) -> Iterator[Picture]:
    if facts.pinned is None:
        return
    dropped = facts.pinned.dropped
    named = ", ".join(f"{count:,} by {reason}" for reason, count in dropped.items()) or "none"
    yield Picture(
        f"Columns that selection {facts.pinned.label} dropped",
        dropped_by_reason_bar(dropped, simulated=facts.description.simulated),
        f"Columns dropped by each filter: {named}; {len(facts.pinned.columns):,} were kept.",
    )
