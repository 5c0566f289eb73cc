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
printf '"%s" "%s"\n' "$USERNAME" "$(cat secrets/postgres_password)" >secrets/pgbouncer_users.txt
# Read by the containers' users, who have other numbers; the folder keeps everybody else out.
chmod 444 secrets/*
if ! grep -qs '^DOCKER_GID=' .env; then
  echo "DOCKER_GID=$(stat --format %g "$SOCKET")" >>.env
fi
