#!/usr/bin/env bash
# One table of every row's times, beside PyTorch's where it is installed. Arguments go to `gradflow bench`.
set -eu -o pipefail

program=${RELEASE:-.build/release/gradflow}
python=${PEER:-.build-peer}/bin/python
isas=auto
if "$program" list --json | grep -q '"avx2"'; then isas=auto,avx2; fi
if [ -x "$python" ]; then
  peer="$python Tests/NetworksTests/Oracle/peer_step.py --serve"
  # Where the processor multiplies bfloat16 in tiles, PyTorch's mixed precision too.
  if grep -qs amx_bf16 /proc/cpuinfo; then set -- --peer "$peer --numbers bfloat16" "$@"; fi
  set -- --peer "$peer" "$@"
else
  echo "make: no PyTorch here, so our times alone; make bench-peer installs it" >&2
fi
exec "$program" bench --rows all --isas "$isas" "$@"
