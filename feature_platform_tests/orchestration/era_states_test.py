"""Changed settings make one stage stale; computing that stage alone makes those after it stale by their input."""

from pathlib import Path

from feature_platform.orchestration.era_states import era_state
from feature_platform.sources.description import load_description
from feature_platform.stages.platform import Platform
from feature_platform.stages.preprocessed_frame import build_frame
from feature_platform_tests.stages.house import house, run_stages, take_in


def test_a_stage_that_was_computed_anew_makes_those_after_it_stale(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source", days=5)
    era_id = take_in(platform, source)[0]
    run_stages(platform, era_id)

    def states() -> list[str]:
        description = load_description(source.yaml)
        return list(era_state(platform, platform.catalogue.era(era_id), description).datasets.values())

    assert states() == ["fresh", "fresh", "fresh", "fresh"]
    source.describe(preprocessing={"step": "20m", "max_gap": "1h"})
    take_in(platform, source)
    assert states() == ["fresh", "stale_settings", "fresh", "fresh"]
    build_frame(platform, era_id)
    assert states() == ["fresh", "fresh", "stale_input", "fresh"]
    run_stages(platform, era_id)
    assert states() == ["fresh", "fresh", "fresh", "fresh"]
