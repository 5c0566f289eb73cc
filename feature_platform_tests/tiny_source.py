"""A small source on disk: three sensors at 10 minutes, as many days as a test needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

START = datetime(2024, 3, 1)  # noqa: DTZ001 - the file's local time


@dataclass(frozen=True)
class TinySource:
    """Where the source lies, and how to add readings to it."""

    folder: Path
    name: str

    @property
    def yaml(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    def write_days(self, file: str, first: int, count: int, *, offset: float = 0.0) -> None:
        """A CSV of `count` days from day `first` on."""
        rng = np.random.default_rng(first)
        lines = ["time;air_temp;humidity;lamps"]
        for step in range(first * 144, (first + count) * 144):
            moment = START + timedelta(minutes=10 * step)
            sun = np.sin(2 * np.pi * step / 144)
            values = (20 + 5 * sun + rng.normal(0, 0.3) + offset, 70 - 10 * sun + rng.normal(0, 1), float(sun > 0))
            lines.append(f"{moment:%Y-%m-%d %H:%M:%S};" + ";".join(f"{value:.3f}" for value in values))
        (self.folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def describe(self, **changes: object) -> Path:
        """Write the description; `changes` replace its sections."""
        content = {
            "source": self.name,
            "files": [f"{self.name}*.csv"],
            "csv": {"delimiter": ";"},
            "time": {"columns": [0], "format": "%Y-%m-%d %H:%M:%S", "zone": "UTC"},
            "sensors": [
                {"id": "air_temp", "column": 1, "unit": "°C", "range": [-30, 60]},
                {"id": "humidity", "column": 2, "unit": "%", "range": [0, 100]},
                {"id": "lamps", "column": 3, "kind": "binary"},
            ],
            "eras": {"method": "calendar", "unit": "5d"},
            "preprocessing": {"step": "10m", "max_gap": "1h"},
            "features": {"feature_set": "minimal"},
            **changes,
        }
        self.yaml.write_text(yaml.safe_dump(content), encoding="utf-8")
        return self.yaml


def tiny_source(folder: Path, *, name: str = "tiny", days: int = 10, **changes: object) -> TinySource:
    """A described source with one CSV of `days` days."""
    folder.mkdir(parents=True, exist_ok=True)
    source = TinySource(folder, name)
    source.write_days(f"{name}-0.csv", 0, days)
    source.describe(**changes)
    return source
