#!/usr/bin/env bash
# part.sh kill|stop|start|pause|resume DC PART [--run DIR]: to try failures by hand.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

stop_within_s=30

is_known() { # DC PART
  parts | sed 's/^all kafka$/dc1 kafka/' | grep -qxF "$1 $2" || { [[ $2 = kafka ]] && dcs | grep -qxF "$1"; }
}

program_started() { program_of "$1"; }

need_folder "$@"
((${#args[@]} == 3)) || usage_error "usage: ./stack ${args[0]-kill} DC PART"
verb=${args[0]} dc=${args[1]} part=${args[2]}
is_known "$dc" "$part" ||
  usage_error "no $dc $part here; datacenters: $(dcs | xargs), parts: ${daemons[*]} postgres kafka"
part_at "$dc" "$part"
log=$folder/$part.log
case $verb in
  kill) signal_part KILL "$part" || die "$dc $part is not running" ;;
  pause) signal_part STOP "$part" || die "$dc $part is not running" ;;
  resume) signal_part CONT "$part" || die "$dc $part is not running" ;;
  stop) stop_part "$dc" "$part" "$stop_within_s" || die "$dc $part has not stopped within $stop_within_s s; log: $log" ;;
  start)
    start_part "$dc" "$part"
    wait_until 30 "$dc $part to start" "$log" program_started "$part"
    ;;
esac
