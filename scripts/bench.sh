#!/usr/bin/env bash
# One table of every row's times, beside PyTorch's where it is installed. Arguments go to `gradflow bench`.
set -eu -o pipefail

program=${RELEASE:-.build/release/gradflow}
python=${PEER:-.build-peer}/bin/python
isas=auto
if "$program" list --json | grep -q '"avx2"'; then isas=auto,avx2; fi
if [ -x "$python" ]; then
  set -- --peer "$python Tests/NetworksTests/Oracle/peer_step.py --serve" "$@"
else
  echo "make: no PyTorch here, so our times alone; make bench-peer installs it" >&2
fi
exec "$program" bench --rows all --isas "$isas" "$@"
