#!/usr/bin/env bash
# demo.sh: sets up, starts three datacenters in a private folder, pays in and out at all of them, reads back what each of them
# knows, breaks something, cuts them off from each other, verifies, and removes everything again. Exit 0 only if every step came
# out right.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"
# shellcheck source=story.sh
. "$native/story.sh"

agree_within_s=30
(($# == 0)) || usage_error 'demo takes no arguments'
"$native/setup.sh"
started=$SECONDS
folder_of_demo=$(mktemp -d "$short_base/demo-geobill.XXXXXX")

finish() {
  local result=$?
  trap '' INT TERM
  if ((result != 0)); then
    rm -rf -- "$root/.cache/demo-failed"
    mkdir -p -- "$root/.cache/demo-failed"
    (cd -- "$folder_of_demo" && find . -name '*.log*' ! -path '*/data/*' -exec cp --parents {} "$root/.cache/demo-failed" \;) || true
    say "demo: FAILED; logs: $root/.cache/demo-failed"
  fi
  "$native/down.sh" --wipe --run "$folder_of_demo" >/dev/null 2>&1 || result=1
  rm -rf -- "$folder_of_demo"
  exit "$result"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

kill_consumer() { "$native/part.sh" kill "$1" consumer --run "$run"; }
cut_off_dc3() { "$native/part.sh" stop dc1 kafka --run "$run"; } # the one broker
join_dc3() { "$native/part.sh" start dc1 kafka --run "$run"; }
how_cut() { echo 'the broker stops'; }

"$native/up.sh" --run "$folder_of_demo"
need_folder --run "$folder_of_demo"
token=$(<"$run/token")
tell "three datacenters are up, each with its own PostgreSQL, joined by Kafka: $(for dc in $(dcs); do printf '%s ' "$(api_url "$dc")"; done)"

tell_story

"$native/down.sh" --wipe --run "$run" 2>/dev/null
tell "everything stopped and removed; $((SECONDS - started)) s"
