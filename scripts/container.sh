#!/usr/bin/env bash
# Builds the container of .github/Containerfile, and tries it: a row against its golden, and whether the manual is there.
set -eu -o pipefail

engine=${CONTAINER_ENGINE:-docker}
image=${IMAGE:-gradflow}

command -v "$engine" >/dev/null || {
  echo "make container: no $engine here: install it, or name another with CONTAINER_ENGINE=podman" >&2
  exit 2
}
"$engine" build -f .github/Containerfile -t "$image" .
"$engine" run --rm "$image" matrix --profile smoke --rows vgg08 --check
"$engine" run --rm --entrypoint sh "$image" -c 'test -s /usr/local/share/man/man1/gradflow.1'
