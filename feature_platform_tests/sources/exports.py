"""The real exports' descriptions, and small exports written for a test."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from feature_platform.sources.description import SourceDescription
from feature_platform.sources.importing import import_source
from feature_platform.sources.report import ImportReport
from feature_platform.storage.readings import Import, ReadingsStore
from feature_platform.storage.root import StorageRoot

KNUDJEPSEN = {"delimiter": ";", "decimal": ",", "header_rows": 3}
KNUDJEPSEN_TIME = {"columns": (0,), "format": "%d-%m-%Y %H:%M:%S", "zone": "Etc/GMT-1"}

LAMP_GROUP = {
    "source": "no3_lamp",
    "files": ["NO3_LAMPEGRP_1.csv"],
    "csv": KNUDJEPSEN,
    "time": KNUDJEPSEN_TIME,
    "sensors": [
        {"id": "afd3.air_temp", "column": 1, "header": ["mål temp afd  Mid", "NORRING:Afd 3", "°C"]},
        {"id": "outdoor_temp", "header": ["udetemp"]},
        {"id": "radiation", "header": ["stråling", "NORRING:VEJRSTATION STRÅL.FØLER", "W/m²"]},
        {"id": "afd3.co2", "header": ["CO2 målt"], "unit": "ppm"},
        {"id": "afd3.curtain_1", "header": ["mål gard 1"]},
        {"id": "afd3.curtain_2", "header": ["mål gard 2"]},
        {"id": "afd3.lamps", "header": ["målt status"], "kind": "binary"},
        {"id": "afd3.humidity_deficit", "header": ["mål FD"]},
        {"id": "afd3.pipe_1", "header": ["mål rør 1"]},
        {"id": "afd3.pipe_2", "header": ["mål rør 2"]},
    ],
}
EXTRA = {
    "source": "no3no4_extra",
    "files": ["NO3NO4.extra.csv"],
    "csv": KNUDJEPSEN,
    "time": KNUDJEPSEN_TIME,
    "sensors": [
        {"id": f"{place}.{name}", "header": [header, location]}
        for place, locations in {
            "afd3": ("NORRING:Afd 3", "NORRING:AFD 3 VENT REG"),
            "afd4": ("NORRING:Afd 4", "NORRING:AFD 4 VENT REG"),
        }.items()
        for name, header, location in (
            ("humidity_deficit", "mål FD", locations[0]),
            ("humidity", "mål RF", locations[0]),
            ("vent_lee", "mål læ", locations[1]),
            ("vent_wind", "mål vind", locations[1]),
        )
    ],
}
CELLE5 = {
    "source": "celle5",
    "files": ["*.csv"],
    "csv": {"delimiter": ";"},
    "time": {"columns": (0, 1), "format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Copenhagen"},
    "sensors": [
        {"id": "air_temp", "header": ["Celle 5: Lufttemperatur"]},
        {"id": "unnamed_1", "column": 11, "header": ["Celle 5: "]},
        {"id": "unnamed_2", "column": 12, "header": ["Celle 5: "]},
        *({"id": f"column_{n}", "column": n} for n in range(3, 19) if n not in (11, 12)),
    ],
}


def describe(folder: Path, content: dict[str, Any] | None = None, **changes: object) -> SourceDescription:
    """A description of `;` exports with one sensor `a`, unless told otherwise."""
    plain = {
        "source": "demo",
        "files": ["*.csv"],
        "csv": {"delimiter": ";"},
        "time": {"columns": (0,)},
        "sensors": [{"id": "a", "column": 1}],
    }
    return SourceDescription.model_validate({"folder": folder, **(content or plain), **changes})


def sensors(*ids: str) -> list[dict[str, Any]]:
    return [{"id": sensor, "column": column} for column, sensor in enumerate(ids, start=1)]


def store_in(folder: Path) -> ReadingsStore:
    return ReadingsStore(StorageRoot(str(folder / "store")))


def take(
    tmp_path: Path,
    content: str | bytes,
    *,
    progress: Callable[[str, float], None] | None = None,
    **changes: object,
) -> tuple[ReadingsStore, ImportReport]:
    """Write `a.csv`, import it and return the store."""
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / "a.csv").write_bytes(data)
    store = store_in(tmp_path)
    return store, import_source(describe(tmp_path, **changes), store, progress=progress)


def stored(store: ReadingsStore, source: str = "demo") -> pl.DataFrame:
    months = [frame.collect() for _, frame in store.scan_months(source)]
    return pl.concat(months).sort("sensor_id", "time") if months else pl.DataFrame()


def values(store: ReadingsStore, sensor: str = "a") -> list[float]:
    table = stored(store)
    return [] if table.is_empty() else table.filter(pl.col("sensor_id") == sensor)["value"].to_list()


def only_import(store: ReadingsStore, source: str = "demo") -> Import:
    (entry,) = store.imports(source).values()
    return entry


def rejected_cells(store: ReadingsStore) -> list[tuple[int, str, str, str]]:
    return store.rejects(only_import(store)).select("line", "column", "text", "cause").rows()


def export(rows: Sequence[Sequence[object]], header: str = "time;a", end: str = "\n") -> str:
    return end.join([header, *(";".join(str(cell) for cell in row) for row in rows)]) + end


def clock(start: str, rows: int, minutes: int = 10) -> list[datetime]:
    first = datetime.fromisoformat(start)
    return [first + timedelta(minutes=minutes * n) for n in range(rows)]
