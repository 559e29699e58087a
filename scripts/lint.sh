#!/usr/bin/env bash
# The formatter's opinion of the Swift sources and shellcheck's of the scripts. Exit code 1: one of them objects. A tool that is
# not there is named, and does not fail: what can be checked is.
set -eu -o pipefail

status=0
swift=${SWIFT:-swift}
if "$swift" format --version >/dev/null 2>&1; then
  # Its warnings are findings; it ends with 0 all the same.
  findings=$("$swift" format lint --strict -s -r -p Sources Tests Package.swift 2>&1) || status=1
  if [ -n "$findings" ]; then printf '%s\n' "$findings"; fi
else
  echo "make lint: $swift has no formatter (Swift 6 has), so the Swift sources are NOT CHECKED" >&2
fi
if command -v shellcheck >/dev/null; then
  shellcheck -- scripts/*.sh .ci/run || status=1
else
  echo "make lint: shellcheck is not installed (apt-get install shellcheck), so the scripts are NOT CHECKED" >&2
fi
exit "$status"
