"""The Dagster instance that DAGSTER_HOME names, and one clear error where it cannot be opened."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
import yaml
from dagster_shared.check import CheckError
from dagster_shared.error import DagsterError
from sqlalchemy.exc import SQLAlchemyError

from feature_platform.errors import FeaturePlatformError, StorageError
from feature_platform.home import dagster_home


@contextmanager
def opened_instance() -> Iterator[dg.DagsterInstance]:
    """The instance with its queue, its launcher and its storage at hand.

    Raises
    ------
    FeaturePlatformError
        If its dagster.yaml cannot be loaded.
    StorageError
        If its storage does not answer, is locked or cannot be written.
    """
    home = dagster_home()
    with ExitStack() as held:
        try:
            instance = held.enter_context(dg.DagsterInstance.get())
            _ = instance.run_coordinator, instance.run_launcher  # Dagster builds them when they are first asked for
            instance.get_runs_count()
            instance.get_daemon_heartbeats()
        except (DagsterError, CheckError, yaml.YAMLError) as error:
            raise FeaturePlatformError(
                f"{home / 'dagster.yaml'}: cannot be loaded ({_one_line(error)}); correct it, or delete it and run "
                "feature-platform init for a fresh one"
            ) from error
        except (OSError, SQLAlchemyError) as error:
            raise StorageError(
                f"{home}: Dagster's own storage cannot be used ({_one_line(error)}); give write access, free space, or "
                "start the database that dagster.yaml names"
            ) from error
        yield instance


def _one_line(error: Exception) -> str:
    # SQLAlchemy adds the statement and a link, of which neither tells a user more.
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())
