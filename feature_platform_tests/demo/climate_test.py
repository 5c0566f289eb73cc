from dataclasses import replace
from math import exp

import numpy as np
import pytest

from feature_platform.demo.air import relative_humidity, saturation_density, vapour_density
from feature_platform.demo.climate import (
    AIR_VOLUME_HEAT,
    HEIGHT,
    OUTDOOR_CO2,
    House,
    air_exchange,
    breathe,
    moisten,
    switch,
    warm,
)

HOURS = 12


def settle(house: House, *, outside: float, gain: float = 0.0, heating: float = -50.0, exchange: float = 2e-4) -> House:
    for _ in range(60 * 24 * HOURS):
        warm(house, exchange, outside, 3.0, gain=gain, heating=heating)
    return house


def losses(house: House, *, outside: float, exchange: float = 2e-4) -> float:
    cover = (4.6 + 0.35 * 3.0) * (1 - 0.42 * house.screen / 100)
    return (cover + AIR_VOLUME_HEAT * HEIGHT * exchange) * (house.air - outside) + 0.6 * (house.soil - 10)


def test_a_settled_house_loses_what_its_pipes_give() -> None:
    house = settle(House(screen=0), outside=-5, heating=20)
    assert house.air == pytest.approx(20, abs=0.6)
    assert 3.1 * (house.pipe - house.air) == pytest.approx(losses(house, outside=-5), rel=0.01)


def test_a_settled_unheated_house_loses_what_the_sun_brings() -> None:
    house = settle(House(screen=0), outside=15, gain=200)
    assert house.air > 15
    assert losses(house, outside=15) == pytest.approx(200, rel=0.01)


def test_without_sun_or_heating_nothing_is_warmer_than_its_surroundings() -> None:
    house = settle(House(air=30, soil=30, pipe=60, screen=0), outside=10)
    assert (house.air, house.soil, house.pipe) == pytest.approx((10, 10, 10), abs=0.05)
    assert house.heat < 5  # only the start's hot water, kWh/m2


def test_a_closed_screen_saves_heat() -> None:
    open_, closed = (settle(House(screen=screen), outside=-5, heating=20) for screen in (0, 100))
    assert closed.heat < 0.8 * open_.heat


def test_the_step_is_stable_with_vents_wide_open_in_a_storm() -> None:
    house = House(air=60, vent=100, screen=0)
    exchange = air_exchange(house, 20.0)
    previous = house.air
    for _ in range(200):
        warm(house, exchange, 5.0, 20.0, gain=0, heating=-50)
        assert 5 <= house.air <= previous
        previous = house.air


def test_ventilation_brings_the_outdoor_air_in() -> None:
    house = House(air=20, vapour=14, co2=1200, vent=100, screen=0)
    house.saturated = saturation_density(20)
    exchange = air_exchange(house, 5.0)
    for _ in range(50):
        moisten(house, exchange, 20, 6.0, water=0, conductance=0)
        breathe(house, exchange, 0.0, 0.0)
    assert house.vapour == pytest.approx(6.0, abs=0.01)
    assert house.co2 == pytest.approx(OUTDOOR_CO2, abs=2)


def test_vapour_never_passes_saturation_and_condenses_on_a_cold_cover() -> None:
    wet = House(air=18, vapour=15, screen=0)
    moisten(wet, 1e-5, 16, 5.0, water=0.5, conductance=0)
    assert wet.vapour == pytest.approx(saturation_density(18))
    cold, mild = House(air=18, vapour=12, screen=0), House(air=18, vapour=12, screen=0)
    moisten(cold, 1e-5, -10, 2.0, water=0, conductance=0)
    moisten(mild, 1e-5, 15, 2.0, water=0, conductance=0)
    assert cold.vapour < mild.vapour


def test_leaves_take_carbon_dioxide_by_light_and_give_it_in_the_dark() -> None:
    by_light = []
    for light in (0.0, 50.0, 300.0):
        house = House(air=20, co2=600)
        breathe(house, 1e-6, light, 2.0)
        by_light.append(house.co2)
    assert by_light[0] > 600 > by_light[1] > by_light[2]


@pytest.mark.parametrize(
    ("before", "radiation", "allowed", "lamp"),
    [
        (0.0, 20.0, 1.0, 1.0),
        (0.0, 20.0, 0.0, 0.0),
        (1.0, 400.0, 1.0, 0.0),
        (1.0, 130.0, 1.0, 1.0),
        (0.0, 130.0, 1.0, 0.0),
    ],
)
def test_lamps_follow_schedule_and_light_with_hysteresis(
    before: float, radiation: float, allowed: float, lamp: float
) -> None:
    house = House(lamp=before, sky=radiation)
    switch(house, 10.0, radiation, (18.0, 21.0, 0.0, allowed, 1.0, 1.0))
    assert house.lamp == lamp


def test_dosing_waits_for_light_and_nearly_closed_vents() -> None:
    wanted = (18.0, 21.0, 800.0, 0.0, 2.0, 1.0)
    lit = House(air=18, co2=500, sky=300)
    for changed, dosing in ((lit, 1.0), (replace(lit, sky=0.0), 0.0), (replace(lit, vent=80.0), 0.0)):
        switch(changed, 10.0, changed.sky, wanted)
        assert changed.dosing == dosing


def test_moist_air_agrees_with_the_tables() -> None:
    assert saturation_density(20.0) == pytest.approx(17.3, abs=0.1)
    assert saturation_density(0.0) == pytest.approx(4.85, abs=0.02)
    celsius, humid = np.array([-5.0, 12.0, 31.0]), np.array([80.0, 55.0, 30.0])
    np.testing.assert_allclose(relative_humidity(celsius, vapour_density(celsius, humid)), humid)


def test_pipes_warm_up_with_their_own_lag() -> None:
    house = House(air=10, pipe=10, soil=10, screen=0)
    warm(house, 0.0, 10.0, 0.0, gain=0, heating=20)
    asked = 10 + 7 * 10 + 0.12 * 10 + 2
    assert house.pipe == pytest.approx(min(asked, 80) + (10 - min(asked, 80)) * exp(-300 / 900))
