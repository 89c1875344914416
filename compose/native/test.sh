#!/usr/bin/env bash
# test.sh test|lint|long|docker: sets up, builds, and hands over to ctest, whose lines are the last.
set -euo pipefail
# shellcheck source=folder.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/folder.sh"

build() { # PRESET
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1"
}

run_tests() { # PRESET OPTIONS...: two at a time, unless the options say otherwise
  ctest --test-dir "build/$1" --parallel 2 --output-on-failure --no-tests=error "${@:2}"
}

# Each long test writes what it found into a folder; put together they are docs/RELIABILITY.md, also when one failed.
run_long() {
  local result=0
  rm -rf -- build/findings
  mkdir -p -- build/findings
  GEOBILL_FINDINGS=$root/build/findings run_tests release -L '^long$' --output-junit "$root/build/findings/ctest.xml" || result=$?
  python3 -B tests/support/findings.py page build/findings --junit build/findings/ctest.xml
  return "$result"
}

(($# == 1)) || usage_error "$1 takes no arguments"
if [[ $1 = docker ]]; then "$native/setup.sh" --docker; else "$native/setup.sh" --tests; fi
cd -- "$root"
case $1 in
  lint)
    build release
    run_tests release -L '^lint$'
    ;;
  long)
    build release
    run_long
    ;;
  docker)
    build release
    run_tests release -L '^docker$'
    ;;
  test)
    build release
    build asan
    result=0
    # Most of them wait for a database or a broker; those with a stack run alone.
    run_tests release -LE '^(lint|long|docker)$' --parallel 4 || result=$?
    run_tests asan -L '^(unit|db|bus|fuzz)$' --parallel 4 || result=$?
    exit "$result"
    ;;
esac
