#!/usr/bin/env bash
# Seconds for the seven smoke runs, one after the other with all threads, and two at the same time; three rounds.
set -eu -o pipefail

program=${RELEASE:-.build/release/gradflow}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
TIMEFORMAT='%R'
for round in 1 2 3; do
  for jobs in 1 2; do
    seconds=$({
      time "$program" matrix --profile smoke --jobs "$jobs" --out "$out/$round-$jobs" "$@" >/dev/null 2>&1
    } 2>&1)
    echo "matrix --profile smoke --jobs $jobs: $seconds s"
  done
done
