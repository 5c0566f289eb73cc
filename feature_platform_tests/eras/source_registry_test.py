from pathlib import Path

import pytest

from feature_platform.eras.catalogue import Catalogue
from feature_platform.errors import EraError
from feature_platform.sources.description import SensorDescription, SourceDescription


def description(location: str = "", folder: str = "/one", name: str = "demo") -> SourceDescription:
    return SourceDescription(
        source=name,
        files=("*.csv",),
        folder=Path(folder),
        sensors=(SensorDescription(id="air_temp", column=1, unit="°C", range=(-40.0, 60.0), location=location),),
    )


def test_a_source_comes_back_as_it_was_registered(catalogue: Catalogue) -> None:
    assert catalogue.register_source(description("Bænk 3")) == 1
    assert catalogue.source("demo") == description("Bænk 3")


def test_changed_content_is_a_new_version_and_unchanged_content_is_not(catalogue: Catalogue) -> None:
    assert [catalogue.register_source(description(location)) for location in ("a", "a", "b", "a")] == [1, 1, 2, 3]
    assert catalogue.source_version("demo") == 3
    assert [catalogue.source("demo", version).sensors[0].location for version in (1, 2, 3)] == ["a", "b", "a"]


def test_a_moved_folder_is_no_new_version_but_is_known(catalogue: Catalogue) -> None:
    catalogue.register_source(description(folder="/one"))
    assert catalogue.register_source(description(folder="/two")) == 1
    assert catalogue.source("demo").folder == Path("/two")


def test_sources_are_listed_by_name(catalogue: Catalogue) -> None:
    assert catalogue.sources() == []
    for name in ("west", "east", "east"):
        catalogue.register_source(description(name=name))
    assert catalogue.sources() == ["east", "west"]


def test_an_unknown_source_or_version_is_one_clear_error(catalogue: Catalogue) -> None:
    with pytest.raises(EraError, match="'demo' is not registered; none is yet"):
        catalogue.source("demo")
    catalogue.register_source(description())
    with pytest.raises(EraError, match="'demi' is not registered; known ones are demo"):
        catalogue.source_version("demi")
    with pytest.raises(EraError, match="'demo' has no version 7; its versions are 1 to 1"):
        catalogue.source("demo", 7)
