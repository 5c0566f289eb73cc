"""The era partitions."""

import dagster as dg

PARTITIONS_NAME = "eras"

eras = dg.DynamicPartitionsDefinition(name=PARTITIONS_NAME)
