#!/usr/bin/env bash
# Downloads CIFAR-100 to $DATA_DIR/cifar-100-binary and continues a download that broke off. The archive is checked before it is
# unpacked, and unpacked aside: what carries the final name is whole.
set -eu -o pipefail

url=${ARCHIVE_URL:-https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz}
expected=${ARCHIVE_MD5:-03b5dce01913d631647c71ecec9e9cb8}
directory=${DATA_DIR:-data}
target=$directory/cifar-100-binary
archive=$directory/cifar-100-binary.tar.gz.partial
aside=$directory/.unpacking

fail() {
  echo "make data: $*" >&2
  exit 2
}
md5() { if command -v md5sum >/dev/null; then md5sum <"$1" | cut -c1-32; else command md5 -q "$1"; fi; }

if [ -e "$target" ]; then
  echo "$target is there already; to fetch it again, remove it first"
  exit 0
fi
mkdir -p "$directory" || fail "cannot create $directory; give another place with DATA_DIR=..."
if ! [ -s "$archive" ] || [ "$(md5 "$archive")" != "$expected" ]; then
  curl --fail --location --retry 3 --continue-at - --output "$archive" "$url" ||
    fail "the download of $url broke off; make data again continues it (or remove $archive to start anew)"
fi
found=$(md5 "$archive")
if [ "$found" != "$expected" ]; then
  rm -f "$archive"
  fail "the archive's MD5 is $found, not $expected: it was damaged on its way, and is removed; make data again"
fi
{ rm -rf "$aside" && mkdir "$aside" && tar -xzf "$archive" -C "$aside"; } ||
  fail "cannot unpack $archive into $directory; is the disk full? make data again continues from here"
for file in train.bin test.bin; do
  [ -s "$aside/cifar-100-binary/$file" ] || fail "the archive holds no cifar-100-binary/$file"
done
mv "$aside/cifar-100-binary" "$target"
rm -rf "$aside" "$archive"
echo "$target is ready: gradflow matrix --profile short --data $target"
