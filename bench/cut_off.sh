#!/usr/bin/env bash
# cut_off.sh [--run DIR] [--keep] [--seconds S] [--rate R] [--accounts N] [--connections C]: the same load of pay-outs at dc1, all
# within its own shares, before, while and after it is cut off: its Kafka and those of both its peers are away. Per phase: paid a
# second, how long an answer took, CPU a pay-out.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=10 rate=500 accounts=200 connections=64
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --rate) rate=${2?} ;;
    --accounts) accounts=${2?} ;;
    --connections) connections=${2?} ;;
    *) die "cut_off.sh: unknown argument $1" ;;
  esac
  shift 2
done

offer() { # SECONDS
  "$load" --api "dc1=$(api_of dc1)" --kind payout --accounts "$accounts" --opening-balance 1000000000000 --policy home \
    --connections "$connections" --rate "$rate" --duration "$1" --warmup 1 --drain 30 --json "$scratch/load.json"
}

phase() { # NAME
  local answers
  cpu_snapshot >"$scratch/cpu.before"
  offer "$seconds"
  cpu_snapshot >"$scratch/cpu.after"
  answers=$(result "$scratch/load.json" answers)
  printf '\n== %s: %s pay-outs/s offered for %s s\n' "$1" "$rate" "$seconds"
  sed 's/.*\("achieved_per_s":[0-9]*\).*\("latency_us":{[^}]*}\).*\("statuses":{[^}]*}\).*/\1 \2 \3/' "$scratch/load.json"
  printf 'CPU us a pay-out:\n'
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$answers" "$(result "$scratch/load.json" cpu_us)"
}

kafkas() { # stop|start
  local dc
  for dc in "${dcs[@]}"; do "$root/stack" "$1" --run "$run" "$dc" kafka >&2; done
}

open_stack --dcs 3 --brokers per-dc
print_machine
offer 3 >/dev/null # opens the accounts, too
phase 'before'
kafkas stop
phase 'cut off'
kafkas start
phase 'after'
