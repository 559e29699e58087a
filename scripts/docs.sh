#!/usr/bin/env bash
# The documentation of the library GradientChecking, as a site of static pages, by the toolchain's docc. The module imports
# nothing but Foundation, so the compiler makes its symbols in one call. A link that leads nowhere fails.
set -eu -o pipefail

compiler=${SWIFTC:-swiftc}
docc=${DOCC:-docc}
module=GradientChecking
work=.build/docc
site=${1:-.build/docs}

# The toolchain's own lies beside its compiler, which is not always in the PATH under its own name.
if ! command -v "$docc" >/dev/null; then docc=$(dirname "$(readlink -f "$(command -v "$compiler")")")/docc; fi
command -v "$docc" >/dev/null || {
  echo "make docs: no docc: it comes with Swift, or set DOCC=..." >&2
  exit 2
}
rm -rf "$work" && mkdir -p "$work/graphs"
"$compiler" -swift-version 6 -package-name gradflow -parse-as-library -module-name $module \
  -emit-module -o "$work/$module.swiftmodule" -emit-symbol-graph -emit-symbol-graph-dir "$work/graphs" Sources/$module/*.swift
"$docc" convert Sources/$module/$module.docc --additional-symbol-graph-dir "$work/graphs" \
  --fallback-display-name $module --fallback-bundle-identifier $module --transform-for-static-hosting \
  --hosting-base-path "${DOCS_BASE_PATH:-/}" --warnings-as-errors --output-path "$site"
echo "the documentation is in $site: python3 -m http.server -d $site, then http://localhost:8000/documentation/gradientchecking"
