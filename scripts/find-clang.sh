#!/usr/bin/env bash
# Prints which clang compiles the C sources where the package manager does not: CLANG; or the one that came with Swift, which
# knows what the sources need, as an older one on the PATH may not; or that one.
set -eu

if [ -n "${CLANG:-}" ]; then
  echo "$CLANG"
  exit
fi
swift=$(command -v "${SWIFT:-swift}" || true)
if [ -n "$swift" ] && [ -x "$(dirname "$swift")/clang" ]; then
  echo "$(dirname "$swift")/clang"
else
  echo clang
fi
