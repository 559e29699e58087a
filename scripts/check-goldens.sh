#!/usr/bin/env bash
# Runs smoke and quick, and short where GRADFLOW_DATA is set, against the goldens. The exit code is the worst of them, a failed
# check before one that could not be made. MATRIX: a file of rows beside the seven; arguments go to `gradflow golden check`.
set -eu -o pipefail

program=${RELEASE:-.build/release/gradflow}
worst=0
checked=0
for profile in smoke quick ${GRADFLOW_DATA:+short}; do
  if ! ls "golden/$profile/"*.jsonl.zst >/dev/null 2>&1; then
    echo "golden check: the profile $profile is not recorded yet, so it is not checked"
    continue
  fi
  checked=$((checked + 1))
  status=0
  "$program" golden check --profile "$profile" ${MATRIX:+--matrix "$MATRIX"} "$@" || status=$?
  if [ "$status" -ne 0 ] && [ "$worst" -ne 1 ]; then worst=$status; fi
  echo
done
[ -n "${GRADFLOW_DATA:-}" ] || echo "golden check: short is checked where GRADFLOW_DATA says where CIFAR-100 is"
if [ "$checked" -eq 0 ]; then
  echo "make: no profile is recorded" >&2
  exit 2
fi
exit "$worst"
