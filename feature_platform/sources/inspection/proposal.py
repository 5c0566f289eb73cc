"""A proposed source description, and its YAML with remarks for the human who checks it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from feature_platform.duration import format_duration
from feature_platform.sources.description import SourceDescription

HEADING = (
    "Proposed from the files' own content. Names, units, kinds and ranges are guesses: better them if you know more.",
    "Ids are what features are called; once features are computed, changing one makes new features.",
)


@dataclass(frozen=True)
class Proposal:
    """A description, and remarks on its parts: `source`, `files`, `csv`, `time`, `step`, `skipped`, a sensor's id."""

    description: SourceDescription
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_yaml(self) -> str:
        """The description as `load_description` reads it."""
        described = self.description
        lines = [*_comments(HEADING), *self._remarked("source"), *_dump({"source": described.source})]
        if described.format != "csv":
            lines += _dump({"format": described.format})
        lines += [*self._remarked("files"), *_dump({"files": list(described.files)})]
        if described.format == "csv":
            lines += self._section("csv", described.csv.model_dump(mode="json", exclude_defaults=True))
        else:
            lines += self._section("parquet", described.parquet.model_dump(mode="json"))
        kept = {"columns", "format", "zone"} if described.format == "csv" else {"key", "format", "zone"}
        lines += self._section("time", described.time.model_dump(mode="json", include=kept))
        lines += self._step()
        lines += ["", *self._remarked("skipped"), "sensors:"]
        for sensor in described.sensors:
            lines += [f"  {line}" for line in self._remarked(sensor.id)]
            lines += _indented(sensor.model_dump(mode="json", exclude_defaults=True))
        return "\n".join(lines) + "\n"

    def _section(self, name: str, content: dict[str, Any]) -> list[str]:
        return ["", *self._remarked(name), *(_dump({name: content}) if content else [])]

    def _step(self) -> list[str]:
        settings = self.description.preprocessing
        content = {"step": format_duration(settings.step), "max_gap": format_duration(settings.max_gap)}
        return ["", *self._remarked("step"), *_dump({"preprocessing": content})]

    def _remarked(self, part: str) -> list[str]:
        return list(_comments(self.remarks.get(part, ())))


def _comments(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        # A file's own texts may hold line ends or marks that YAML forbids.
        plain = "".join(letter if letter.isprintable() else " " for letter in text)
        yield f"# {plain}"


def _indented(content: dict[str, Any]) -> list[str]:
    first, *others = _dump(content)
    return [f"  - {first}", *(f"    {line}" for line in others)]


class _Dumper(yaml.SafeDumper):
    """Mappings as blocks, lists in brackets, quotes only where YAML needs them."""


_Dumper.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)


def _dump(content: dict[str, Any]) -> list[str]:
    text = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**20
    )
    return text.rstrip("\n").split("\n")
