#!/bin/sh
# NAME_FILE=/run/secrets/file puts the file's content into NAME, as the images of PostgreSQL do.
set -eu

for variable in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)_FILE=.*/\1/p'); do
  eval "file=\$${variable}_FILE"
  if [ ! -r "$file" ]; then
    echo "error: ${variable}_FILE names $file, which cannot be read by user $(id -u); mount it there, readable" >&2
    exit 2
  fi
  export "$variable=$(cat "$file")"
done
exec "$@"
