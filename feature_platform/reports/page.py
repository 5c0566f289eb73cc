"""An era's report as one HTML file that needs nothing beside it."""

from datetime import timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined

from feature_platform.reports.facts import EraFacts
from feature_platform.reports.pictures import era_pictures
from feature_platform.stages.platform import Platform

TEMPLATE = "era.html"


def era_report(platform: Platform, facts: EraFacts) -> str:
    """The page: figures, checks, costs and plots of what the era has so far."""
    environment = Environment(
        loader=PackageLoader("feature_platform.reports", package_path="."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    era = facts.record.era
    return environment.get_template(TEMPLATE).render(
        facts=facts,
        era=era,
        days=(era.end - era.start) / timedelta(days=1),
        pictures=era_pictures(platform, facts),
        dropped=dropped_sentences(facts),
    )


def dropped_sentences(facts: EraFacts) -> list[str]:
    """What did not become a feature, and why."""
    told = [
        f"{sensor.sensor}: {sensor.outside_range:,} of {sensor.readings:,} readings outside its range became null."
        for sensor in facts.sensors
        if sensor.outside_range
    ]
    told += [f"{sensor.sensor}: no reading in this era." for sensor in facts.sensors if not sensor.readings]
    if facts.windows is not None:
        if facts.windows.gappy:
            told.append(
                f"{facts.windows.gappy:,} of {facts.windows.count:,} windows have gaps; a sensor with one has no "
                "features there."
            )
        if facts.windows.dropped_tail:
            hours = facts.windows.dropped_tail.total_seconds() / 3600
            told.append(f"The last {hours:g} hours fill no window.")
    told += [
        f"Of the whole source, {count:,} cells could not be read: {cause}." for cause, count in facts.rejected.items()
    ]
    return told
