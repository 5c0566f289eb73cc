import numpy as np
import pytest

from feature_platform.orchestration.assets import era
from feature_platform.routing.cost_model import STAGES, CostModel, Line, break_even, fit_line
from feature_platform_tests.routing.measured import measured

SIZES = [int(size) for size in np.geomspace(2_000, 5_000_000, 40)]


def line(fixed: float, per_reading: float) -> Line:
    return Line(fixed, per_reading, eras=10, smallest=1_000, largest=1_000_000)


def test_the_stages_are_those_of_the_era_assets() -> None:
    assert tuple(stage.name for stage in era.STAGES) == STAGES


def test_known_coefficients_are_found_under_noise_and_outliers() -> None:
    rng = np.random.default_rng(0)
    seconds = (8 + 4e-5 * np.array(SIZES)) * rng.lognormal(0, 0.1, len(SIZES))
    seconds[::7] *= 10  # one era in seven met a busy machine
    found = fit_line(SIZES, seconds.tolist())
    assert found.fixed == pytest.approx(8, rel=0.15)
    assert found.per_reading == pytest.approx(4e-5, rel=0.15)
    assert (found.eras, found.smallest, found.largest) == (40, SIZES[0], SIZES[-1])


@pytest.mark.parametrize(
    ("sizes", "seconds", "expected"),
    [
        ([1_000, 10_000, 100_000], [5.0, 5.0, 5.0], 5.0),
        ([1_000, 10_000, 100_000], [9.0, 5.0, 1.0], None),
        ([1_000, 10_000, 100_000], [0.01, 0.1, 1.0], 0.5),
        ([50_000, 50_000, 50_000], [2.0, 2.0, 90.0], 2.0),
        ([1_000, 10_000, 100_000], [0.0, 0.0, 0.0], 0.0),
    ],
)
def test_no_part_of_a_line_is_ever_negative(sizes: list[int], seconds: list[float], expected: float | None) -> None:
    found = fit_line(sizes, seconds)
    assert found.fixed >= 0
    assert found.per_reading >= 0
    if expected is not None:
        assert found.at(50_000) == pytest.approx(expected, rel=0.1, abs=1e-5)


def test_a_run_is_the_sum_of_its_stages_and_rests_on_the_stage_measured_least() -> None:
    costs = measured("cpu", SIZES, lambda readings: 8 + 4e-5 * readings)
    model = CostModel.fit("efficient-1", costs[:-2])
    whole = model.line("cpu")
    assert whole.at(1_000_000) == pytest.approx(48, rel=0.01)
    assert whole.eras == len(SIZES) - 1
    assert model.line("cpu", STAGES[:1]).at(1_000_000) == pytest.approx(12, rel=0.01)


def test_costs_of_another_feature_set_are_no_part_of_it() -> None:
    costs = measured("cpu", SIZES, lambda _: 1.0) + measured("cpu", SIZES, lambda _: 50.0, feature_set="minimal-2")
    assert CostModel.fit("efficient-1", costs).line("cpu").at(10_000) == pytest.approx(1, rel=0.01)


def test_too_little_is_told_and_so_is_reaching_too_far() -> None:
    model = CostModel.fit("efficient-1", measured("cpu", [1_000, 2_000, 5_000], lambda readings: readings / 1000))
    assert model.line("gpu").unknown(1_000) == "no measurements yet"
    two = CostModel.fit("efficient-1", measured("cpu", [1_000, 2_000], lambda _: 1.0))
    assert two.line("cpu").unknown(1_000) == "only 2 of 3 eras measured"
    reach = "only eras of 1,000 to 5,000 readings measured"
    told = {size: model.line("cpu").unknown(size) for size in (99, 100, 50_000, 50_001)}
    assert told == {99: reach, 100: None, 50_000: None, 50_001: reach}


def test_a_stage_without_measurements_leaves_the_whole_unknown() -> None:
    model = CostModel.fit("efficient-1", measured("gpu", SIZES, lambda _: 1.0, stages=STAGES[:3]))
    assert model.line("gpu").unknown(10_000) == "no measurements yet"
    assert model.line("gpu", STAGES[1:3]).unknown(10_000) is None


def test_break_even_is_where_one_line_overtakes_the_other() -> None:
    rng = np.random.default_rng(1)
    sizes = np.arange(0, 2_000_001, 100)
    met = 0
    for fixed, other_fixed, slope, other_slope in rng.uniform(0.1, 10, (40, 4)):
        one, other = line(fixed, slope / 1e5), line(other_fixed, other_slope / 1e5)
        ahead = one.fixed + one.per_reading * sizes <= other.fixed + other.per_reading * sizes
        crossings = sizes[1:][np.diff(ahead)]
        found = break_even(one, other)
        assert found == break_even(other, one)
        if found is None or found > sizes[-1]:
            assert not len(crossings)
        else:
            met += 1
            (crossing,) = crossings
            assert crossing - 100 <= found <= crossing
    assert met > 5


def test_equal_lines_have_no_break_even() -> None:
    assert break_even(line(1, 1e-5), line(1, 1e-5)) is None
    assert break_even(line(1, 1e-5), line(2, 1e-5)) is None


def test_a_price_moves_the_break_even() -> None:
    cpu, gpu = line(5, 4e-5), line(17, 1e-5)
    assert break_even(cpu, gpu) == pytest.approx(400_000)
    assert break_even(cpu.priced(0.20), gpu.priced(0.60)) == pytest.approx((51 - 5) / (4e-5 - 3e-5))
    assert break_even(cpu.priced(0.20), gpu.priced(3.0)) is None
    assert gpu.priced(3.0).at(100_000) == pytest.approx(18 * 3 / 3600)
