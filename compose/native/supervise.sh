#!/usr/bin/env bash
# supervise.sh --run DIR DC PART: runs one part and starts it again, within a second, after any exit, until <part>.stop is
# there. Rotates its log. Started by start_part in a session of its own; TERM to it stops the part.
set -euo pipefail
# Locks and pipes of whoever called are none of ours; 255 is this script.
for open in "/proc/$$/fd/"*; do
  open=${open##*/}
  if ((open > 2 && open != 255)); then exec {open}<&-; fi
done
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

log_bytes_max=$((10 << 20))
look_at_log_s=10
restart_delay_s=0.5

note() { TZ=UTC0 printf '%(%FT%TZ)T supervise: %s %s %s\n' -1 "$dc" "$part" "$*"; }

# The program keeps the file open for appending, so its end is copied and it is emptied; two old ones are kept.
rotate_log() {
  local log=$folder/$part.log
  (($(stat -c %s -- "$log") > log_bytes_max)) || return 0
  [[ ! -e $log.1 ]] || mv -f -- "$log.1" "$log.2"
  tail -c "$log_bytes_max" -- "$log" >"$log.1"
  : >"$log"
}

# Sets `command`; does what must be done before each start.
prepare() {
  case $part in
    postgres) postgres_ready && postgres_command ;;
    kafka) kafka_format && kafka_command ;;
    *) program_command ;;
  esac
}

# Looks at the log now and then, as long as the supervisor lives.
watch_log() {
  while [[ -d /proc/$$ ]]; do
    rest "$look_at_log_s"
    rotate_log || true
  done
}

# Sets `status`. A signal to us also ends `wait`: then the program is still there.
await_exit() {
  local pid state
  while :; do
    status=0
    wait "$program" 2>/dev/null || status=$?
    process_of "$folder/$part.process" || return 0
  done
}

ask_stop() {
  : >"$folder/$part.stop"
  [[ -z $program ]] || kill -s "$stop_signal" "$program" 2>/dev/null || true
}

main() {
  local restarts command=() program='' status=0 stop_signal=TERM watcher
  [[ $part != postgres ]] || stop_signal=INT
  remember_process "$folder/$part.supervisor" $$
  trap ask_stop TERM INT HUP
  watch_log &
  watcher=$!
  restarts=$(cat -- "$folder/$part.restarts" 2>/dev/null) || restarts=0
  echo "$restarts" >"$folder/$part.restarts"
  until [[ -e $folder/$part.stop ]]; do
    if prepare; then
      env --default-signal=INT,QUIT "${command[@]}" {idle}<&- &
      program=$!
      remember_process "$folder/$part.process" "$program"
      echo "$program" >"$folder/$part.pid.new" && mv -f -- "$folder/$part.pid.new" "$folder/$part.pid"
      [[ ! -e $folder/$part.stop ]] || kill -s "$stop_signal" "$program" 2>/dev/null || true
      await_exit
      program=''
    fi
    [[ ! -e $folder/$part.stop ]] || break
    note "ended with $status; starting again"
    echo $((++restarts)) >"$folder/$part.restarts"
    rest "$restart_delay_s"
  done
  if [[ $part = postgres ]]; then postgres_ready || true; fi
  note "stopped; ended with $status"
  kill "$watcher" 2>/dev/null || true
  rm -f -- "$folder/$part.pid" "$folder/$part.process" "$folder/$part.supervisor"
}

need_folder "$@"
dc=${args[0]} part=${args[1]}
part_at "$dc" "$part"
cd -- "$folder"
main
