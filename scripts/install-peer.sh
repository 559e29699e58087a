#!/usr/bin/env bash
# Installs PyTorch for `make bench`, in a virtual environment of its own: $PEER. PEER_PYTHON makes it; PEER_PACKAGES go into it.
set -eu -o pipefail

peer=${PEER:-.build-peer}
python=${PEER_PYTHON:-python3}
"$python" -m venv --help >/dev/null 2>&1 || {
  echo "make: Python 3 with its venv module is needed: sudo apt-get install python3-venv, or set PEER_PYTHON=..." >&2
  exit 2
}
"$python" -m venv "$peer"
# Several packages are several words.
# shellcheck disable=SC2086
"$peer/bin/python" -m pip install --quiet --disable-pip-version-check ${PEER_PACKAGES:-torch numpy} || {
  echo "make: PyTorch could not be installed; make bench-peer tries again, PEER_PACKAGES=... names another build" >&2
  exit 2
}
PYTHONPATH=Tests/NetworksTests/Oracle "$peer/bin/python" -B -c 'import torch, peer_step; print("PyTorch", torch.__version__)'
