#!/usr/bin/env bash
# Parity, then the table of benchmarks, on a machine with an NVIDIA GPU and maybe no network. One JSON object on stdout.
#
#   benchmarks/gpu.sh [WHEELS]    installs .gpu/ from the folder (default wheels-gpu/) where it is not installed yet
#   benchmarks/gpu.sh --dry       tries the programs without a GPU, in the environment that make test uses
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --dry ]; then
  exec "${PYTHON:-.venv/bin/python}" benchmarks/gpu_table.py --dry
fi
[ -e .gpu/installed ] || benchmarks/gpu_install.sh "${1:-wheels-gpu}" >&2
FEATURE_PLATFORM_REQUIRE_GPU=1 .gpu/bin/python -m pytest -q -m gpu feature_platform_tests/gpu feature_platform_tests/features/gpu >&2
exec .gpu/bin/python benchmarks/gpu_table.py
