#!/usr/bin/env bash
# Builds the tests with sanitizers, each in a directory of its own, and runs them to their end:
#
#   scripts/sanitize.sh [kernels] [address] [thread]      these three without a name
#   scripts/sanitize.sh everything                        all suites under AddressSanitizer; hours
#
# kernels: the conformance cases on every instruction set of this machine under AddressSanitizer and
#          UndefinedBehaviorSanitizer, by clang alone; their digests must be the recorded ones.
# address: AddressSanitizer on everything and UndefinedBehaviorSanitizer on the C sources; the suites that read bytes from
#          outside, that hold memory by pointers, and that train.
# thread:  ThreadSanitizer; the suites of the worker pool and of the trainer.
#
# Left out, since a sanitized debug build takes five to twenty times as long: the gradient checks and reference runs (the same
# kernels and layers in other sizes), what starts the program again and again (CommandTests, ClusterTests, WorkflowsTests),
# reports, benchmarks, bisection and the small modules. `everything` has them.
#
# Exit code: 0 all ran and none found anything; 1 a test failed or a sanitizer reported; 2 a sanitizer is not to be had here.
set -euo pipefail
cd "$(dirname "$0")/.."

SWIFT=${SWIFT:-swift}
CLANG=$(scripts/find-clang.sh)
# More arguments for `swift build` and `swift test`, such as `--jobs 1`.
read -ra more <<<"${SWIFT_ARGUMENTS:-}"

probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
echo 'print(1)' >"$probe/probe.swift"
echo 'int main(int count, char **words) { return *words[0] == 0 && count + 1 > 7; }' >"$probe/probe.c"

# It must run too: a runtime that is not installed shows only then.
swift_has() {
  "${SWIFT}c" -sanitize="$1" "$probe/probe.swift" -o "$probe/swift-$1" >/dev/null 2>&1 && "$probe/swift-$1" >/dev/null 2>&1
}
clang_has() { "$CLANG" -fsanitize=undefined "$probe/probe.c" -o "$probe/c" >/dev/null 2>&1 && "$probe/c" >/dev/null 2>&1; }

# NAME SANITIZER TEST-ARGUMENTS... -- BUILD-ARGUMENTS...
check() {
  local name=$1 sanitizer=$2 scratch=.build-$1 log status=0 tests=() begun=$SECONDS
  shift 2
  while [ "$1" != -- ]; do tests+=("$1"); shift; done
  shift
  if ! swift_has "$sanitizer"; then
    echo "sanitize: this swiftc has no -sanitize=$sanitizer: $name NOT RUN" >&2
    return 2
  fi
  log=$scratch/tests.log
  echo "sanitize: $name: building in $scratch" >&2
  # The linker finds symbols of the sanitizer that it need not export.
  "$SWIFT" build --build-tests --scratch-path "$scratch" --sanitize "$sanitizer" "$@" ${more[@]+"${more[@]}"} 2>&1 \
    | { grep -v 'Cannot export local symbol' || true; } >&2
  echo "sanitize: $name: built in $((SECONDS - begun)) s; the tests run, into $log" >&2
  begun=$SECONDS
  "$SWIFT" test --skip-build --scratch-path "$scratch" --sanitize "$sanitizer" \
    "$@" ${more[@]+"${more[@]}"} "${tests[@]}" >"$log" 2>&1 </dev/null \
    || status=$?
  # A report of a program that a test started is in that test's output, or only in its exit code, which the test reads.
  grep -E '✘ Test |SUMMARY: |runtime error: |WARNING: ThreadSanitizer|ERROR: AddressSanitizer' "$log" \
    | sort | uniq -c | head -50 || true
  local last
  last=$(grep -E 'Test run with [0-9]+ tests' "$log" | tail -1 || true)
  echo "$name: ${last:-the tests did not come to their end}, $((SECONDS - begun)) s, exit code $status"
  # Without a verdict nothing was shown.
  if [ $status -ne 0 ] || [[ $last != *passed* ]]; then return 1; fi
}

# The conformance driver, which calls every kernel in many shapes.
check_kernels() {
  local directory=.build-kernels status=0 begun=$SECONDS
  if ! "$CLANG" -fsanitize=address,undefined "$probe/probe.c" -o "$probe/both" >/dev/null 2>&1; then
    echo "sanitize: this clang has no -fsanitize=address,undefined: kernels NOT RUN" >&2
    return 2
  fi
  mkdir -p "$directory"
  # The contract's flags; the digests say that optimising less changes no bit.
  "$CLANG" -fsanitize=address,undefined -fno-sanitize-recover=undefined -g -O1 -fno-math-errno -ffp-contract=off \
    -I Sources/CKernels/include Sources/CKernels/*.c Tests/Conformance/*.c -lm -o "$directory/conformance" 2>&1 \
    | { grep -v 'Cannot export local symbol' || true; } >&2
  "$directory/conformance" >"$directory/digests.txt" 2>"$directory/log.txt" </dev/null || status=$?
  grep -E 'SUMMARY: |runtime error: ' "$directory/log.txt" || true
  if [ $status -eq 0 ]; then diff -u Tests/Conformance/digests.txt "$directory/digests.txt" || status=1; fi
  echo "kernels: $(wc -l <"$directory/digests.txt") digests, $((SECONDS - begun)) s, exit code $status; $directory/log.txt"
  [ $status -eq 0 ] || return 1
}

worst=0
also() { local status=$?; [ $status -le $worst ] || worst=$status; }

[ $# -gt 0 ] || set -- kernels address thread
for name in "$@"; do
  case $name in
  kernels) check_kernels || also ;;
  address | everything)
    undefined=(-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    if ! clang_has; then
      echo "sanitize: clang's runtime of -fsanitize=undefined is not installed:" \
        "undefined behaviour ends the tests without a word" >&2
      undefined=(-Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined)
    fi
    swift_has undefined \
      || echo "sanitize: this swiftc has no -sanitize=undefined: the C sources are checked," \
        "Swift's own checks stand for the rest" >&2
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
    chosen=()
    if [ "$name" = address ]; then
      for suite in Files FuzzedReaders Traces Goldens Datasets Kernels Layers Networks Optimisers Training Experiments; do
        chosen+=(--filter "^${suite}Tests\\.")
      done
      chosen+=(--skip TrainingTests.ReferenceRunTests --skip LayersTests.GradientCheckTests)
    fi
    # Limits of the address space are no tests here: the sanitizer's own shadow takes terabytes of it.
    check address address ${chosen[@]+"${chosen[@]}"} --skip CommandTests.MachineLimitTests -- "${undefined[@]}" || also
    ;;
  thread)
    # The bodies of Synchronization.Mutex.withLock, by how Swift spells a closure that is handed a value inout and sending: on
    # Linux that lock lies in Swift's own library, which is not instrumented, so what it guards looks unguarded.
    echo 'race:zYuYTXEfU' >"$probe/known-locks"
    export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:suppressions=$probe/known-locks}
    check thread thread --filter KernelsTests.WorkerPoolTests --filter KernelsTests.LatchTests --filter '^TrainingTests\.' \
      --skip TrainingTests.ReferenceRunTests -- || also
    ;;
  *)
    echo "sanitize: there is no part named $name; there are kernels, address, thread and everything" >&2
    exit 64
    ;;
  esac
done
exit $worst
