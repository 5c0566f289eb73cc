"""What kind of signal a column holds: continuous, binary, setpoint or counter."""

import re

import polars as pl

from feature_platform.sources.description import SensorKind

SETPOINT = re.compile(
    r"sætpunkt|setpunkt|set ?point|settpunkt|börvärde|\bkrav\b|sollwert|\bsoll\b|\bsp\b|consigne|consigna|target|"
    r"ingesteld|berekend|beregnet",
    re.IGNORECASE,
)
COUNTER = re.compile(r"counter|tæller|teller|zähler|meter reading|total|sum\b|forbrug|kwh|mwh|m3$|m³", re.IGNORECASE)
LEAST_ROWS = 500
STEPPING = 0.01
LEVELS = 50
CLIMBING = 0.2
FALLING = 0.001


def sensor_kind(name: str, unit: str, pieces: list[pl.Series]) -> SensorKind:
    """Judge by the values of consecutive rows, and by the name where values alone could deceive."""
    values = pl.concat(pieces).drop_nulls()
    levels = set(values.unique().head(LEVELS + 1).to_list())
    if levels == {0.0, 1.0}:
        return "binary"
    if SETPOINT.search(name):
        return "setpoint"
    steps = pl.concat([piece.drop_nulls().diff().drop_nulls() for piece in pieces])
    if len(values) < LEAST_ROWS or steps.is_empty():
        return "continuous"
    moving = float((steps != 0).sum()) / len(steps)
    if 1 < len(levels) <= LEVELS and moving <= STEPPING:
        return "setpoint"
    falls = float((steps < 0).sum()) / len(steps)
    if COUNTER.search(f"{name} {unit}") and moving >= CLIMBING and falls <= FALLING:
        return "counter"
    return "continuous"
