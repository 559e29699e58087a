#!/usr/bin/env bash
# Swift's formatter on the Swift sources, clang-format on the C sources, shellcheck on the scripts, no line longer than 130
# characters, and nothing at the top level but what belongs there. Exit code 1: one of them objects. A tool that is not installed
# is named, and does not fail: what can be checked is.
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
clang_format=${CLANG_FORMAT:-clang-format}
if command -v "$clang_format" >/dev/null; then
  git ls-files -z '*.c' '*.h' | xargs -0 "$clang_format" --dry-run -Werror || status=1
else
  echo "make lint: clang-format is not installed (pip install clang-format), so the C sources are NOT CHECKED" >&2
fi
if command -v shellcheck >/dev/null; then
  shellcheck -- scripts/*.sh .ci/run || status=1
else
  echo "make lint: shellcheck is not installed (apt-get install shellcheck), so the scripts are NOT CHECKED" >&2
fi
# Of Swift its comments, as the formatter sees to the code. Rows of tables, links and what stands in fences have the length that
# they have. Bytes of UTF-8 that continue a character are not counted.
# shellcheck disable=SC2016
git ls-files -z '*.swift' '*.c' '*.h' '*.py' '*.sh' '*.md' '*.yml' Makefile .ci/run | LC_ALL=C xargs -0 awk '
  FNR == 1 { fenced = 0 }
  /^```/ { fenced = !fenced }
  { line = $0; gsub(/[\200-\277]/, "", line) }
  FILENAME ~ /[.]swift$/ && line !~ /^ *[/][/]/ { next }
  FILENAME ~ /[.]md$/ && (fenced || line ~ /^ *[|]|^\[/) { next }
  length(line) > 130 { print FILENAME ":" FNR ": " length(line) " characters, the limit is 130"; found = 1 }
  END { exit found }' || status=1
# What a program or a test wrote into the checkout is easily added with the rest.
known='[.][a-z-]+|Sources|Tests|golden|docs|scripts|Package[.]swift|Makefile|LICENSE|(README|CONTRIBUTING|CHANGELOG)[.]md'
foreign=$(git ls-files | cut -d/ -f1 | sort -u | grep -vxE "$known") || true
if [ -n "$foreign" ]; then
  printf '%s: this belongs into a folder, or not into the repository\n' "$foreign"
  status=1
fi
exit "$status"
