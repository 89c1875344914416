#!/usr/bin/env bash
# accept.sh [--run DIR] [--keep] [--seconds S] [--accounts N] [--connections "64 256 1024"]: how many pay-ins one datacenter
# accepts a second, durably, one a request, each connection asking again when it has its answer; what that costs.
# Twice: with the whole chain of three datacenters behind it on the same machine, and with the publisher and the consumer
# of that datacenter stopped, so that only API and PostgreSQL work.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=10 accounts=1000 connections='64 256 1024'
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --accounts) accounts=${2?} ;;
    --connections) connections=${2?} ;;
    *) die "accept.sh: unknown argument $1" ;;
  esac
  shift 2
done

one_round() { # CONNECTIONS
  local answers
  cpu_snapshot >"$scratch/cpu.before"
  histogram "$api" geobill_intake_batch_requests >"$scratch/batch.before"
  local wal
  wal=$(wal_bytes dc1)
  "$load" --api "dc1=$api" --accounts "$accounts" --connections "$1" --duration "$seconds" --warmup 1 --json "$scratch/load.json"
  wal=$(($(wal_bytes dc1) - wal))
  histogram "$api" geobill_intake_batch_requests >"$scratch/batch.after"
  cpu_snapshot >"$scratch/cpu.after"
  answers=$(result "$scratch/load.json" answers)
  printf 'batches  '
  histogram_report "$scratch/batch.before" "$scratch/batch.after"
  printf 'WAL       %d bytes a pay-in at dc1\n' $((wal / answers))
  printf 'CPU us a pay-in:\n'
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$answers" "$(result "$scratch/load.json" cpu_us)"
}

open_stack --dcs 3
api=$(api_of dc1)
print_machine
printf '\n== the whole chain of three datacenters runs\n'
for count in $connections; do
  printf '\n-- %s connections\n' "$count"
  one_round "$count"
done
printf '\n== publisher and consumer of dc1 are stopped\n'
for part in publisher consumer; do "$root/stack" stop dc1 "$part" --run "$run" >/dev/null; done
for count in $connections; do
  printf '\n-- %s connections\n' "$count"
  one_round "$count"
done
for part in publisher consumer; do "$root/stack" start dc1 "$part" --run "$run" >/dev/null; done
