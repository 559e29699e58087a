#!/usr/bin/env bash
# Sees to what a build needs: Swift, and the zstd library's headers, which are installed where apt-get or Homebrew is.
set -eu -o pipefail

command -v "${SWIFT:-swift}" >/dev/null || {
  echo "make: Swift 6.1 or newer is needed: https://www.swift.org/install" >&2
  exit 2
}

# Homebrew's headers lie where only pkg-config finds them.
has_headers() {
  printf '#include <zstd.h>\n' | "${CC:-cc}" -E - >/dev/null 2>&1 || pkg-config --exists libzstd 2>/dev/null
}
if has_headers; then exit 0; fi

if command -v brew >/dev/null; then
  echo "make: installing zstd and pkgconf (the zstd library's headers, and what finds them)" >&2
  brew install zstd pkgconf >&2
  exit
fi
echo "make: installing libzstd-dev (the zstd library's headers)" >&2
if ! command -v apt-get >/dev/null; then
  echo "make: no apt-get here; install the zstd development files by hand" \
    "(Debian: libzstd-dev, Fedora: libzstd-devel, macOS: brew install zstd pkgconf)" >&2
  exit 2
fi
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# A list of packages that is too old names files that are gone: then it is brought up to date.
{ as_root apt-get install -y libzstd-dev || { as_root apt-get update && as_root apt-get install -y libzstd-dev; }; } >&2 || {
  echo "make: that failed; install it by hand: sudo apt-get install libzstd-dev" >&2
  exit 2
}
