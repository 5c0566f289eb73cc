#!/usr/bin/env bash
# For testing only: a Docker engine that answers and has the images of others, where possible by itself.
#
# Starts dockerd where none answers (as root; its log is /tmp/dockerd.log), and makes them by offline-base.sh where they
# cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")"

docker=${DOCKER:-docker}
readonly IMAGES=(debian:bookworm-slim postgres:16-bookworm)

answers() {
  "$docker" info >/dev/null 2>&1
}

if ! answers; then
  if [ "$(id -u)" != 0 ]; then
    echo "error: no Docker engine answers; start one, or let this user use it (docker info says why)" >&2
    exit 1
  fi
  setsid dockerd >/tmp/dockerd.log 2>&1 &
  for _ in $(seq 60); do
    answers && break
    sleep 0.5
  done
  answers || { echo "error: dockerd does not answer after 30 s; see /tmp/dockerd.log" >&2; exit 1; }
fi

for image in "${IMAGES[@]}"; do
  if ! "$docker" image inspect "$image" >/dev/null 2>&1 && ! timeout 120 "$docker" pull "$image"; then
    echo "$image cannot be pulled: it is made of Debian's packages, for these tests alone"
    command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq debootstrap >/dev/null
    ./offline-base.sh
  fi
done
