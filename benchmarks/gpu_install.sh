#!/usr/bin/env bash
# benchmarks/gpu_install.sh [WHEELS]: the GPU's closure and this checkout into .gpu/, from a folder of wheels alone where it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
wheels=${1:-wheels-gpu}
python=${PYTHON:-python3.11}
from=()
if [ -d "$wheels" ]; then from=(--no-index --find-links "$wheels"); fi
"$python" -m venv --clear .gpu
install=(.gpu/bin/python -m pip install --quiet --disable-pip-version-check)
"${install[@]}" "${from[@]}" --require-hashes --requirement locks/gpu.txt
"${install[@]}" --no-index --no-deps --no-build-isolation --editable .
touch .gpu/installed
