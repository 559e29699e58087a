#!/usr/bin/env bash
# Reads the JUnit report of a check back with junitparser, where Python has it.
set -eu -o pipefail

python=${PYTHON:-python3}
if ! "$python" -c 'import junitparser' 2>/dev/null; then
  echo "make: $python has no junitparser (pip install junitparser), so the report is not read back"
  exit 0
fi
report=$(mktemp)
trap 'rm -f "$report"' EXIT
"${RELEASE:-.build/release/gradflow}" golden check --profile smoke --format junit >"$report"
"$python" - "$report" <<'PYTHON'
import sys, junitparser

cases = [case for suite in junitparser.JUnitXml.fromfile(sys.argv[1]) for case in suite]
for case in cases:
    print(case.classname, case.name, "failed" if case.result else "passed")
sys.exit(0 if cases else 1)
PYTHON
