#!/usr/bin/env bash
# Digests of all numeric primitives, on every instruction set of this machine, against the recorded ones.
# With the argument arm64: the same program, cross-compiled and run by qemu, against this machine's.
set -eu -o pipefail

clang=$("$(dirname "$0")/find-clang.sh")
directory=.build/conformance
recorded=Tests/Conformance/digests.txt

command -v "$clang" >/dev/null || {
  echo "make: clang is needed: it comes with Swift, or set CLANG=..." >&2
  exit 2
}
# The very flags that the package compiles the kernels with.
flags=$(sed -n '/name: "CKernels"/,/unsafeFlags/p' Package.swift | grep -o '"-[^"]*"' | tr -d '"' | tr '\n' ' ')
[ -n "$flags" ] || {
  echo "make: no compiler flags of the kernels found in Package.swift" >&2
  exit 2
}
# shellcheck disable=SC2086
compile() { "$clang" $flags -Wall -Wextra -I Sources/CKernels/include Sources/CKernels/*.c Tests/Conformance/*.c "$@" -lm; }
count() { wc -l <"$1" | tr -d ' '; }

mkdir -p "$directory"
here=$directory/here
compile -o "$here"
"$here" >"$here.txt"
diff -u "$recorded" "$here.txt" || {
  echo "make: this machine's digests differ from the recorded ones. Shape by shape: $here --cases" >&2
  echo "If the contract's version was raised: cp $here.txt $recorded" >&2
  exit 1
}
echo "conformance: $(count "$here.txt") digests on this machine equal the recorded ones"
if [ "${1:-}" != arm64 ]; then exit 0; fi

arm64=$directory/arm64
{ command -v qemu-aarch64 && echo 'int main(void) { return 0; }' |
  "$clang" --target=aarch64-linux-gnu -static -x c - -o "$arm64"; } >/dev/null 2>&1 || {
  echo "make: an arm64 C library and qemu are needed:" >&2
  echo "  sudo apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" >&2
  exit 2
}
compile --target=aarch64-linux-gnu -static -o "$arm64"
qemu-aarch64 "$arm64" >"$arm64.txt"
diff -u "$here.txt" "$arm64.txt" || {
  echo "make: arm64 computes other bits than this machine. Shape by shape, on both:" >&2
  echo "  $here --cases --isa portable; qemu-aarch64 $arm64 --cases --isa neon" >&2
  exit 1
}
echo "conformance: $(count "$arm64.txt") digests on arm64 (under qemu) equal those of this machine"
