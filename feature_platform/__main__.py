"""`python -m feature_platform`."""

from feature_platform.cli import app

app()
