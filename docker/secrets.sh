#!/usr/bin/env bash
# Makes what compose.yaml reads beside it: secrets/ with a new password, and .env with the group of Docker's socket.
# What is there is left alone: PostgreSQL keeps the password that it was first started with.
set -euo pipefail
cd "$(dirname "$0")"

readonly SOCKET=/var/run/docker.sock USERNAME=platform
umask 077
mkdir -p secrets
if [ ! -s secrets/postgres_password ]; then
  head --bytes 24 /dev/urandom | base64 | tr -d '/+=\n' >secrets/postgres_password
fi
# Made anew: they are read-only.
rm -f secrets/pgbouncer_users.txt secrets/pgbouncer_exporter.env
printf '"%s" "%s"\n' "$USERNAME" "$(cat secrets/postgres_password)" >secrets/pgbouncer_users.txt
printf 'PGBOUNCER_EXPORTER_CONNECTION_STRING=postgres://%s:%s@pgbouncer:6432/pgbouncer?sslmode=disable\n' \
  "$USERNAME" "$(cat secrets/postgres_password)" >secrets/pgbouncer_exporter.env
if [ ! -s secrets/grafana_password ]; then
  head --bytes 18 /dev/urandom | base64 | tr -d '/+=\n' >secrets/grafana_password
fi
# Read by the containers' users, who have other numbers; the folder keeps everybody else out.
chmod 444 secrets/*
if ! grep -qs '^DOCKER_GID=' .env; then
  echo "DOCKER_GID=$(stat --format %g "$SOCKET")" >>.env
fi
