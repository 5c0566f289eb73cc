"""What tests that go over the whole registry ask of each calculator."""

from collections.abc import Mapping

from feature_platform.features.feature_sets import COMPREHENSIVE, ParameterList

OWN: Mapping[str, ParameterList] = {}
"""Parameters of calculators that tsfresh does not have."""

REQUESTS: Mapping[str, ParameterList] = {**COMPREHENSIVE, **OWN}
