#!/usr/bin/env bash
# Reads our files with others' tools: the course's plots, TensorBoard, safetensors, PyTorch. They are installed in an environment
# of their own, or INTEROP_PYTHON names a Python that has them.
set -eu -o pipefail

program=${RELEASE:-.build/release/gradflow}
own=.build/interop
runs=.build/interop-runs
python=${INTEROP_PYTHON:-$own/bin/python}
requirements=Tests/Interoperability/requirements.txt

if [ "$python" = "$own/bin/python" ] && ! [ -e "$own/ready" ]; then
  command -v python3 >/dev/null || {
    echo "make interop: python3 is needed, with its venv module" >&2
    exit 2
  }
  { python3 -m venv "$own" && "$own/bin/python" -m pip install --quiet -r "$requirements" && touch "$own/ready"; } >&2 || {
    echo "make interop: that failed; install $requirements and name that Python with INTEROP_PYTHON=..." >&2
    exit 2
  }
fi
"$program" matrix --profile smoke --rows vgg08,vgg38-bn-1e-2,vgg38-bn-rc-1e-2 --overwrite --out "$runs" >/dev/null 2>&1 || {
  echo "make interop: the runs failed: $program matrix --profile smoke" >&2
  exit 2
}
"$python" Tests/Interoperability/check.py "$program" "$runs"
exec "$python" Tests/Interoperability/opening.py --check "$program" smoke
