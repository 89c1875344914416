#!/usr/bin/env bash
# down.sh [--wipe] [--run DIR]: stops what up started, the daemons first; --wipe removes the data too.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

stop_within_s=20

down_part() { # DC PART
  local folder owner
  part_at "$1" "$2"
  stop_part "$1" "$2" "$stop_within_s" || {
    say "stack: $1 $2 did not stop within $stop_within_s s, killing it; log: $folder/$2.log"
    kill_part "$1" "$2"
  }
  rm -f -- "$folder/$2.stop" "$folder/$2.restarts"
}

# The lines `DC PART` of stdin, all at the same time.
down_parts() {
  local dc part jobs=() job failed=0
  while read -r dc part; do
    [[ -d $run/$dc || $dc = all ]] || continue
    down_part "$dc" "$part" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return "$failed"
}

# Only names that up makes, so that a wrong --run costs nothing.
wipe() {
  local dc
  for dc in $(dcs); do rm -rf -- "${run:?}/$dc" "${short:?}/$dc"; done
  rm -rf -- "$run/kafka" "$run"/kafka.* "$run/env" "$run/token" "$run/shape" "$run/lock"
  rm -f -- "$short/run" "$short/ports"
  rmdir -- "$short" "$run" 2>/dev/null || true
}

open_folder "$@"
wipe=''
if ((${#args[@]})); then
  [[ ${args[*]} = --wipe ]] || usage_error "down: unknown argument ${args[*]}"
  wipe=1
fi
if [[ -z ${shape[dcs]-} ]]; then
  say "nothing is up in $run"
  exit 0
fi
lock_folder
progress 'stopping the daemons'
parts | grep -vE ' (kafka|postgres)$' | down_parts
progress 'stopping PostgreSQL and Kafka'
parts | grep -E ' (kafka|postgres)$' | down_parts
progress_end
if [[ -n $wipe ]]; then
  wipe
  say "down and wiped: $run"
else
  say "down: $run (data kept; --wipe removes it)"
fi
