"""A Dagster home as a user has it: the shipped dagster.yaml, a catalogue of counted eras, and their partitions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteRepositoryOrigin

import feature_platform
from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import Era, EraCount

REPOSITORY = Path(feature_platform.__file__).parents[1]
DEFINITIONS = Path(__file__).with_name("era_definitions.py")
START = datetime(2024, 1, 1, tzinfo=UTC)


def make_home(folder: Path, rows: list[int], changes: dict[str, dict[str, object]] | None = None) -> list[str]:
    """Lay out the home and return the ids of eras with these numbers of readings, in the order given.

    `changes` go over the config of `run_coordinator` and `run_launcher` in the shipped dagster.yaml.
    """
    shipped = (REPOSITORY / "dagster.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(shipped)
    for section, change in (changes or {}).items():
        config[section]["config"] |= change
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(yaml.safe_dump(config) if changes else shipped, encoding="utf-8")
    eras = [Era("demo", "calendar", START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(len(rows))]
    catalogue = Catalogue(f"sqlite:///{folder / 'catalogue.db'}")
    catalogue.record_cut("demo", "calendar", eras, settings={})
    catalogue.record_counts([EraCount(era.era_id, count, "d1") for era, count in zip(eras, rows, strict=True)])
    ids = [era.era_id for era in eras]
    with open_instance(folder) as instance:
        instance.add_dynamic_partitions("eras", ids)
    return ids


def open_instance(folder: Path) -> dg.DagsterInstance:
    """The instance of a home, as each of Dagster's programs opens it."""
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder)))


def create_run(
    instance: dg.DagsterInstance,
    tags: dict[str, str],
    *,
    job: str = "probe_job",
    run_config: dict[str, Any] | None = None,
    definitions: Path = DEFINITIONS,
    retry_of: dg.DagsterRun | None = None,
    image: str | None = None,
) -> dg.DagsterRun:
    """A run that was not submitted yet; its code location is named after the file of its definitions.

    `image` is the one that the location says it runs in.
    """
    repository = ReconstructableRepository.for_file(str(definitions), "defs")._replace(container_image=image)
    code = repository.get_reconstructable_job(job)
    location = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name=definitions.stem)
    return instance.create_run_for_job(
        code.get_definition(),
        tags=tags,
        run_config=run_config,
        job_code_origin=code.get_python_origin(),
        parent_run_id=retry_of and retry_of.run_id,
        root_run_id=retry_of and (retry_of.root_run_id or retry_of.run_id),
        remote_job_origin=RemoteRepositoryOrigin(location, "__repository__").get_job_origin(job),
    )
