#!/usr/bin/env bash
# Runs as root at each start of the machine: installs what is missing, mounts the data disk, fetches docker/ and the
# password, and brings Compose up. Safe to run again: sudo google_metadata_script_runner startup
set -euo pipefail

readonly DRIVER=580-server-open
readonly DISK=/dev/disk/by-id/google-data DATA=/srv/data HOME_FOLDER=/srv/feature_platform
readonly METADATA=http://metadata.google.internal/computeMetadata/v1

metadata() {
  curl --fail --silent --show-error --retry 5 --header Metadata-Flavor:Google "$METADATA/$1"
}

# An answer of Google's own services to this machine's account. The token is handed over in a file descriptor: a command
# line can be read by every user.
google() {
  local token
  token=$(metadata instance/service-accounts/default/token | jq --raw-output .access_token)
  curl --fail --silent --show-error --retry 5 --location --config <(printf 'header = "Authorization: Bearer %s"\n' "$token") "$@"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet
  # Docker and Compose are Ubuntu's; Docker must not start before its disk and secrets are there.
  systemctl mask docker.service docker.socket
  apt-get install --yes --quiet --no-install-recommends jq docker.io docker-compose-v2 \
    "linux-modules-nvidia-$DRIVER-gcp" "nvidia-headless-no-dkms-$DRIVER" "nvidia-utils-${DRIVER%-open}"
  systemctl unmask docker.service docker.socket
  systemctl disable docker.service docker.socket

  local repository=https://nvidia.github.io/libnvidia-container key=/etc/apt/keyrings/nvidia-container-toolkit.asc
  curl --fail --silent --show-error --retry 5 --location --output "$key" "$repository/gpgkey"
  echo "deb [signed-by=$key] $repository/stable/deb/\$(ARCH) /" >/etc/apt/sources.list.d/nvidia-container-toolkit.list
  apt-get update --quiet
  apt-get install --yes --quiet --no-install-recommends nvidia-container-toolkit
  nvidia-ctk runtime configure --runtime=docker
  jq --arg root "$DATA/docker" '. + {"data-root": $root, "live-restore": true, "log-driver": "local"}' \
    /etc/docker/daemon.json >/etc/docker/daemon.json.new
  mv /etc/docker/daemon.json.new /etc/docker/daemon.json
}

# The driver is for the newest kernel, which may have come with it.
load_driver() {
  local restarted=/var/lib/feature_platform_restarted
  if ! modprobe nvidia; then
    [ ! -e "$restarted" ] || { echo "error: the driver does not load under $(uname --kernel-release)" >&2; exit 1; }
    touch "$restarted"
    systemctl reboot
    exit
  fi
  nvidia-smi --list-gpus
}

mount_data() {
  # Only a disk without any file system is made one.
  if ! blkid "$DISK" >/dev/null; then
    mkfs.ext4 -q -m 0 -L data "$DISK"
  fi
  mkdir --parents "$DATA"
  mountpoint --quiet "$DATA" || mount --options discard,noatime "$DISK" "$DATA"
  # It may have grown.
  resize2fs "$DISK"
}

fetch_files() {
  local bucket name
  bucket=$(metadata instance/attributes/platform-bucket)
  google "https://storage.googleapis.com/storage/v1/b/$bucket/o?prefix=docker/&fields=items(name)" |
    jq --raw-output '.items[].name' |
    while read -r name; do
      mkdir --parents "$HOME_FOLDER/$(dirname "$name")"
      google --output "$HOME_FOLDER/$name" \
        "https://storage.googleapis.com/storage/v1/b/$bucket/o/$(jq --null-input --raw-output --arg name "$name" '$name | @uri')?alt=media"
    done
}

# Into memory: no disk ever holds the password but PostgreSQL's own hash of it.
fetch_secrets() {
  local folder=$HOME_FOLDER/docker/secrets project secret
  project=$(metadata project/project-id)
  secret=$(metadata instance/attributes/platform-secret)
  mkdir --parents "$folder"
  mountpoint --quiet "$folder" || mount --types tmpfs --options mode=0700,size=1m tmpfs "$folder"
  google "https://secretmanager.googleapis.com/v1/projects/$project/secrets/$secret/versions/latest:access" |
    jq --raw-output .payload.data | base64 --decode >"$folder/postgres_password"
}

start_platform() {
  cd "$HOME_FOLDER/docker"
  systemctl start docker
  {
    metadata instance/attributes/platform-environment
    echo
  } >.env
  # From the password and Docker's socket: what else Compose reads.
  bash secrets.sh
  local registry
  registry=$(grep --max-count 1 '^IMAGE=' .env | cut --delimiter = --fields 2 | cut --delimiter / --fields 1)
  # For an hour, and in memory: images are pulled now and when the machine starts again.
  export DOCKER_CONFIG
  DOCKER_CONFIG=$(mktemp --directory --tmpdir=/run)
  metadata instance/service-accounts/default/token | jq --raw-output .access_token |
    docker login --username oauth2accesstoken --password-stdin "https://$registry"
  docker pull --quiet "$(grep --max-count 1 '^GPU_IMAGE=' .env | cut --delimiter = --fields 2)"
  local options
  read -ra options <<<"$(metadata instance/attributes/platform-compose)"
  docker compose "${options[@]}" up --detach --no-build --remove-orphans
  rm --recursive --force "$DOCKER_CONFIG"
}

if ! command -v nvidia-ctk >/dev/null; then
  install_packages
fi
load_driver
mount_data
fetch_files
fetch_secrets
start_platform
echo "The platform is up: its UI is on 127.0.0.1:3000 of this machine."
