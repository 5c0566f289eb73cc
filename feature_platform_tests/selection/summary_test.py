from feature_platform.selection.summary import CALCULATOR, SENSOR, kept_by

EVERY = ["air__quantile__q_0.1", "air__mean", "co2__quantile__q_0.1", "co2__quantile__q_0.9", "plain"]


def test_it_counts_by_sensor_and_by_calculator_in_the_order_of_the_columns() -> None:
    kept = [EVERY[0], EVERY[3], EVERY[4]]
    assert kept_by(SENSOR, kept, EVERY).rows() == [("air", 1, 2), ("co2", 1, 2), ("plain", 1, 1)]
    assert kept_by(CALCULATOR, kept, EVERY).rows() == [("quantile", 2, 3), ("mean", 0, 1), ("plain", 1, 1)]
