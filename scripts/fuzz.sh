#!/usr/bin/env bash
# Fuzzes every reader in turn, guided by coverage, for FUZZ_SECONDS each. What is found lies in FUZZ_FINDINGS; the inputs that
# reached something new stay in FUZZ_CORPUS, from where the next run goes on. A finding that was mended joins Tests/Fuzz/Corpus,
# which `make test` reads. FUZZ_READERS: their names, all if not given.
set -eu -o pipefail

swift=${SWIFT:-swift}
build=.build-fuzz
corpus=${FUZZ_CORPUS:-$build/corpus}
findings=${FUZZ_FINDINGS:-$build/findings}
seconds=${FUZZ_SECONDS:-60}
readers=${FUZZ_READERS:-$(cd Tests/Fuzz/Corpus && printf '%s ' *)}

# Whether swiftc has a sanitizer: it refuses to compile for one that it lacks.
sanitizes() {
  local probe status=0
  probe=$(mktemp -d)
  echo 'print(1)' >"$probe/probe.swift"
  "${swift}c" "-sanitize=$1" -c "$probe/probe.swift" -o "$probe/probe.o" >/dev/null 2>&1 || status=1
  rm -rf "$probe"
  return "$status"
}

for kind in fuzzer address; do
  sanitizes "$kind" || {
    echo "make fuzz: this swiftc has no -sanitize=$kind: NOT RUN" >&2
    exit 2
  }
done
# Swiftc takes the last -sanitize alone, and the package manager gives one for each, in any order: so both are named in one.
GRADFLOW_FUZZ=1 "$swift" build -c release --product fuzz --scratch-path "$build" --sanitize fuzzer --sanitize address \
  -Xswiftc -sanitize=fuzzer,address 2>&1 | { grep -v 'Cannot export local symbol' || true; }

export SWIFT_BACKTRACE=enable=no
found=0
for reader in $readers; do
  mkdir -p "$corpus/$reader" "$findings"
  log=$build/$reader.log
  status=0
  "$build/release/fuzz" "$reader" "$corpus/$reader" "Tests/Fuzz/Corpus/$reader" "-max_total_time=$seconds" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=$findings/$reader-" >"$log" 2>&1 </dev/null || status=$?
  # Edges that the corpora reach, and that are reached at the end.
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | sed -n '1p;$p' | paste -s -d ' ' | sed 's/ / to /')
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if grep -q 'Is the code instrumented for coverage' "$log"; then
    found=1
    echo "$reader: no coverage was seen, so nothing guided the inputs: $log"
  elif [ "$status" -eq 0 ]; then
    echo "$reader: $executed inputs in $seconds s, cov: $edges, nothing found"
  else
    found=1
    echo "$reader: FOUND (status $status) after ${executed:-some} inputs, cov: $edges: $log"
    echo "  again: $build/release/fuzz $reader $findings/$reader-..."
  fi
done
exit "$found"
