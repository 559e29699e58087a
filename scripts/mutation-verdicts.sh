#!/usr/bin/env bash
# What the verdict is when each value, digest and line of a run is changed in turn, as a table.
set -eu -o pipefail

swift=${SWIFT:-swift}
"$swift" build --build-tests >&2
"$swift" test --skip-build --filter "GoldensTests\.(Opening)?MutationTests" 2>&1 | grep -E '^mutations: |✘'
