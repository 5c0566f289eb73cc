"""The era partitions."""

import dagster as dg

from feature_platform.routing.era_keys import PARTITIONS_NAME

eras = dg.DynamicPartitionsDefinition(name=PARTITIONS_NAME)
