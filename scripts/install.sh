#!/usr/bin/env bash
# Installs the program, its manual and its completions for bash, zsh and fish under PREFIX (and below DESTDIR, for packagers).
# The manual is made by the tool of swift-argument-parser, from what the program says of its own options.
set -eu -o pipefail

swift=${SWIFT:-swift}
program=${RELEASE:-.build/release/gradflow}
root=${DESTDIR:-}${PREFIX:-/usr/local}
pages=.build/manual

mkdir -p "$root" 2>/dev/null || true
if ! [ -w "$root" ]; then
  echo "make install: cannot write to $root: choose another place with PREFIX=..., or run this as a user who may" >&2
  exit 2
fi

# Fetched with the other dependencies by the build that went before.
"$swift" build -c release --package-path .build/checkouts/swift-argument-parser --scratch-path .build-manual \
  --product generate-manual >&2
rm -rf "$pages" && mkdir -p "$pages"
.build-manual/release/generate-manual --multi-page --output-directory "$pages" "$program"

put() { mkdir -p "$(dirname "$2")" && install -m "$3" "$1" "$2"; }
put "$program" "$root/bin/gradflow" 755
for page in "$pages"/*.1; do put "$page" "$root/share/man/man1/$(basename "$page")" 644; done
completion() {
  "$program" --generate-completion-script "$1" >"$pages/$1"
  put "$pages/$1" "$root/share/$2" 644
}
completion bash bash-completion/completions/gradflow
completion zsh zsh/site-functions/_gradflow
completion fish fish/vendor_completions.d/gradflow.fish
echo "installed: $root/bin/gradflow, its manual (man gradflow) and completions for bash, zsh and fish"
case ":$PATH:" in
  *":$root/bin:"*) ;;
  *) echo "$root/bin is not in your PATH" ;;
esac
