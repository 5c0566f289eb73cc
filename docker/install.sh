#!/bin/sh
# Fills /opt/feature_platform while an image is built, the same way for each target:
#   install.sh packages LOCK    what a lock names, by hash
#   install.sh platform WHEEL   this package, and its feature kernels compiled
set -eu

into() {
  python3.11 -m pip --python /opt/feature_platform/bin/python install "$@"
}

case $1 in
packages)
  # Wheels alone: nothing is compiled, so no compiler is needed and none can run code of a source package.
  into --only-binary :all: --require-hashes --requirement "$2"
  # What tests the packages is a tenth of their size; numba's is imported by numba itself.
  find /opt/feature_platform/lib -name tests -not -path '*/numba/*' -type d -prune -exec rm -rf {} +
  ;;
platform)
  into --no-deps --no-index "$2"
  /opt/feature_platform/bin/feature-platform warm
  ;;
*)
  echo "error: install.sh is given packages or platform, not $1" >&2
  exit 2
  ;;
esac
