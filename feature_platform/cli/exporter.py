"""`feature-platform exporter`: metrics of the deployment for Prometheus."""

import logging
import signal
import threading
from datetime import timedelta
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, say, stop


def exporter(
    host: Annotated[str, typer.Option(help="Address to listen on; nobody is asked for a password.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 9464,
    interval: Annotated[float, typer.Option(min=1, help="Seconds between two looks at runs and stages.")] = 15,
    era_interval: Annotated[float, typer.Option(min=1, help="Seconds between two looks at all eras.")] = 300,
) -> None:
    """Metrics for Prometheus, until it is stopped: queue, runs, stages, eras, daemons, cost."""
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.monitoring.exporter import Exporter, serve  # noqa: PLC0415 - imports Dagster
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with clear_errors():
        entered_home()
        with opened_instance() as instance:
            found = Exporter(instance, Platform.from_environment())
            say.print(f"metrics on http://{host}:{port}/metrics")
            try:
                serve(
                    found,
                    host=host,
                    port=port,
                    stop=ended,
                    interval=timedelta(seconds=interval),
                    era_interval=timedelta(seconds=era_interval),
                )
            except OSError as error:
                stop(f"{host}:{port} cannot be listened on ({error.strerror}); name another with --host and --port")
