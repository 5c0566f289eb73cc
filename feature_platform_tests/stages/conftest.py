"""A platform in a temporary folder."""

from pathlib import Path

import pytest

from feature_platform.stages.platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")
