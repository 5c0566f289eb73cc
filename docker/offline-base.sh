#!/usr/bin/env bash
# For testing without a registry only; never ship what this makes.
#
# Makes images of Debian's packages under the names that Dockerfile and compose.yaml ask for:
#   debian:bookworm-slim    by debootstrap from this machine's mirror, with its certificates and pip settings
#   postgres:16-bookworm    a stand-in: Debian's PostgreSQL (15), with the variables of the real image that we use
# An image of that name that is there is left alone. Needs root, debootstrap and a Docker engine.
set -euo pipefail

readonly BASE=debian:bookworm-slim POSTGRES=postgres:16-bookworm
docker=${DOCKER:-docker}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

there() {
  "$docker" image inspect "$1" >/dev/null 2>&1
}

make_base() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Component: main' | head -n 1)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" "${mirror:-http://deb.debian.org/debian}"
  cp -r /usr/local/share/ca-certificates/. "$work/base/usr/local/share/ca-certificates/"
  chroot "$work/base" update-ca-certificates
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$work/base/etc/pip.conf"
  rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/*
  # As the slim image leaves them out.
  rm -rf "$work"/base/usr/share/{doc,info,locale,man}/*
  tar --create --directory "$work/base" . | "$docker" import --change 'CMD ["bash"]' - "$BASE"
}

make_postgres() {
  cat >"$work/start.sh" <<'START'
#!/bin/bash
set -euo pipefail
bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  "$bin/initdb" --encoding UTF8 --locale C.UTF-8 --auth scram-sha-256 --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" "$PGDATA"
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \"$POSTGRES_DB\"" | "$bin/postgres" --single -D "$PGDATA" postgres
fi
exec "$bin/postgres" -D "$PGDATA" -k /var/run/postgresql "$@"
START
  "$docker" build --tag "$POSTGRES" --file - "$work" <<DOCKERFILE
FROM $BASE
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
ENV PGDATA=/var/lib/postgresql/data
RUN install --directory --owner postgres --group postgres --mode 700 /var/lib/postgresql/data \\
    && chmod 3777 /var/run/postgresql
COPY --chmod=555 start.sh /usr/local/bin/docker-entrypoint.sh
USER postgres
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["-c", "listen_addresses=*"]
DOCKERFILE
}

export DOCKER_BUILDKIT=1
there "$BASE" || make_base
there "$POSTGRES" || make_postgres
