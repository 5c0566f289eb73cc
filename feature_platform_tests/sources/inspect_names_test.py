from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_platform.sources.description import SENSOR_ID, SOURCE_NAME, SensorDescription
from feature_platform.sources.inspection.encodings import detect_encoding, joint_encoding
from feature_platform.sources.inspection.headers import read_headers
from feature_platform.sources.inspection.kinds import sensor_kind
from feature_platform.sources.inspection.names import sensor_ids, slug, source_name
from feature_platform.sources.inspection.units import physical_range, split_unit
from feature_platform_tests.sources.foreign_import import imported, inspected


@given(
    st.lists(
        st.tuples(st.text(max_size=40) | st.sampled_from(["A:b", "a", "Å"]), st.text(max_size=400)),
        min_size=1,
        max_size=8,
    )
)
def test_any_names_become_different_ids_that_a_sensor_may_have(names: list[tuple[str, str]]) -> None:
    ids = sensor_ids([(position, place, name) for position, (place, name) in enumerate(names)])
    assert len(set(ids)) == len(names)
    assert [SensorDescription(id=identifier).id for identifier in ids] == ids


@given(st.text())
def test_any_text_becomes_a_name_that_a_source_may_have(text: str) -> None:
    assert SOURCE_NAME.fullmatch(source_name(text))
    assert slug(text) == "" or SENSOR_ID.fullmatch(slug(text))


def test_ids_are_readable() -> None:
    columns = [
        (1, "NORRING:Afd 3", "mål temp  (Mid)"),
        (2, "NORRING:Afd 3", "RØR / pære"),
        (3, "NORRING:Afd 4", "größe µ²"),
        (4, "NORRING:Afd 4", ""),
        (5, "", "a__b"),
        (6, "NORRING:Afd 4", "🌡️"),
        (7, "", "Value"),
    ]
    assert sensor_ids(columns) == [
        "afd_3.mal_temp_mid",
        "afd_3.ror_paere",
        "afd_4.grosse_u2",
        "afd_4.column_4",
        "a_b",
        "afd_4.column_6",
        "value_c7",
    ]


def test_equal_names_are_told_apart_by_place_then_by_position() -> None:
    assert sensor_ids([(1, "a", "t"), (2, "b", "t"), (3, "b", "T"), (4, "", "b.t_c2")]) == [
        "a.t",
        "b.t_c2",
        "b.t_c3",
        "b_t_c2",
    ]


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Temp [°C]", "Temp", "°C"),
        ("Temp (°C)", "Temp", "°C"),
        ("Temp (1)", "Temp (1)", ""),
        ("Temp (north)", "Temp (north)", ""),
        ("Temp [north gable]", "Temp", "north gable"),
        ("RH%", "RH", "%"),
        ("Luftfugtighed RH%", "Luftfugtighed", "RH%"),
        ("Radiation W/m²", "Radiation", "W/m²"),
        ("CO2 ppm", "CO2", "ppm"),
        ("Position K", "Position K", ""),
        ("PAR [µmol/m²/s]", "PAR", "µmol/m²/s"),
    ],
)
def test_units_in_headers_are_split_off(text: str, name: str, unit: str) -> None:
    found = split_unit(text)
    assert (found.name, found.unit) == (name, unit)


@pytest.mark.parametrize(
    ("name", "unit", "inside", "outside"),
    [
        ("Lufttemperatur", "°C", [-30, 55], [-273.15, 850]),
        ("Rør 1", "°C", [95], [-214748000, 3000]),
        ("Relative humidity", "%", [0, 100, 100.4], [-20, 655]),
        ("CO2", "ppm", [0, 5000], [-500, 65535]),
        ("Global radiation", "W/m²", [-5, 1400], [10000]),
    ],
)
def test_a_range_holds_what_is_plausible_and_no_broken_sensor(
    name: str, unit: str, inside: list[float], outside: list[float]
) -> None:
    bounds = physical_range(name, "", unit)
    assert bounds is not None
    assert all(bounds[0] <= value <= bounds[1] for value in inside)
    assert not any(bounds[0] <= value <= bounds[1] for value in outside)


@pytest.mark.parametrize(("name", "unit"), [("Vent. position", "%"), ("VPD", ""), ("x", ""), ("RH deficit", "%")])
def test_a_quantity_that_is_not_known_for_sure_gets_no_range(name: str, unit: str) -> None:
    assert physical_range(name, "", unit) is None


def test_header_rows_may_stand_in_any_order() -> None:
    rows = [["", "Afd 3", "Afd 4"], ["", "°C", "%"], ["", "måling temp", "måling RF"]]
    found = read_headers(rows, [1, 2])
    assert [(h.name, h.location, h.unit) for h in found.values()] == [
        ("måling temp", "Afd 3", "°C"),
        ("måling RF", "Afd 4", "%"),
    ]
    assert found[1].texts == ("Afd 3", "°C", "måling temp")


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("lamp", [0, 1, 1, 0] * 200, "binary"),
        ("constant", [0] * 800, "continuous"),
        ("vent", [0] * 300 + [40] * 300 + [100] * 300, "setpoint"),
        ("CO2 krav", [350, 700], "setpoint"),
        ("Energy total", list(range(900)), "counter"),
        ("temp", list(range(900)), "continuous"),
        ("temp", [20 + n % 7 / 10 for n in range(900)], "continuous"),
    ],
)
def test_kinds_are_read_off_the_values(name: str, values: list[float], kind: str) -> None:
    assert sensor_kind(name, "", [pl.Series(values, dtype=pl.Float64)]) == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp850"])
def test_encodings_are_recognised(encoding: str) -> None:
    text = "Tid;Måling luft;Rør °C;Stråling W/m²;Læ\n" * 9
    assert text.encode(encoding).decode(detect_encoding([text.encode(encoding)])).removeprefix("\ufeff") == text


def test_a_letter_cut_in_two_is_still_utf_8() -> None:
    content = "måling ærø ".encode() * 50
    assert detect_encoding([content[:50], *(content[start : start + 41] for start in range(60, 90))]) == "utf-8"


def test_a_plain_file_fits_any_others_encoding() -> None:
    assert joint_encoding([("utf-8", True), ("cp1252", False)]) == "cp1252"
    assert joint_encoding([("utf-8-sig", False), ("utf-8", False)]) == "utf-8"
    assert joint_encoding([("utf-8", True)]) == "utf-8"


def test_names_that_yaml_could_misread_survive(tmp_path: Path) -> None:
    names = ["yes", "1e3", "a: b", "# c", '"d', "'", "- e", "{f}", "null", "g\\h", "%i", "💧", "j;k"]
    header = ";".join(["time", *('"' + name.replace('"', '""') + '"' for name in names)])
    rows = [f"2015-07-01 {hour:02d}:00" + ";1,5" * len(names) for hour in range(24)]
    (tmp_path / "export.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"], zone="UTC")
    assert [sensor.header for sensor in described.sensors] == [(name,) for name in names]
    (entry,) = imported(tmp_path, described).imports("export").values()
    assert entry.readings == 24 * len(names)
