from datetime import timedelta
from pathlib import Path

from feature_platform.cli.run import described
from feature_platform.sources.description import SourceDescription
from feature_platform_tests.tiny_source import tiny_source


def test_the_command_line_overrides_how_eras_are_cut_and_keeps_the_rest(tmp_path: Path) -> None:
    source = tiny_source(tmp_path, days=1, eras={"method": "calendar", "unit": "month", "minimum_duration": "9d"})
    description = described(source.yaml, eras="detected:b", features="comprehensive")
    assert (description.eras.method, description.eras.level) == ("detected", "b")
    assert description.eras.minimum_duration == timedelta(days=9)
    assert description.features.feature_set == "comprehensive"
    assert SourceDescription.model_validate_json(description.model_dump_json()) == description
