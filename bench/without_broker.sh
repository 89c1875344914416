#!/usr/bin/env bash
# without_broker.sh [--run DIR] [--keep] [--seconds S] [--rate R] [--accounts N] [--connections C] [--warm S]: the same offered load of
# pay-ins, a third at each of three datacenters with a Kafka of their own, before, while and after all three Kafkas are away.
# Per phase: pay-ins booked a second, from acceptance to BOOKED (decided_at - created_at), CPU and WAL a pay-in. Then how long
# the replicas take to have it all, from the moment the brokers were up again.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=20 rate=2000 accounts=1000 connections=192 warm_s=10
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --rate) rate=${2?} ;;
    --accounts) accounts=${2?} ;;
    --connections) connections=${2?} ;;
    --warm) warm_s=${2?} ;;
    *) die "without_broker.sh: unknown argument $1" ;;
  esac
  shift 2
done

now_ms() { date +%s%3N; }
total() { # SQL: a number, summed over the datacenters
  local dc sum=0
  for dc in "${dcs[@]}"; do sum=$((sum + $(ask "$dc" "$1"))); done
  echo "$sum"
}
unbooked() { total 'SELECT count(*) FROM operation WHERE state = 1'; }
all_booked() { (($(unbooked) == 0)); }
all_replicated() {
  local own copied
  own=$(total 'SELECT coalesce(sum(version), 0) FROM share')
  copied=$(total 'SELECT coalesce(sum(version), 0) FROM replicated_share')
  ((copied == 2 * own))
}
late() { total 'SELECT count(*) FROM late_partition'; }
reads_table() { (($(late) > 0)); }
reads_kafka() { (($(late) == 0)); }
wal() {
  local dc sum=0
  for dc in "${dcs[@]}"; do sum=$((sum + $(wal_bytes "$dc"))); done
  echo "$sum"
}
offer() { # SECONDS
  "$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections "$connections" --rate "$rate" --duration "$1" \
    --warmup 0 --drain 60 --json "$scratch/load.json"
}

# From acceptance to BOOKED, of what all three accepted between these microseconds.
booking() { # FROM TO
  local dc
  for dc in "${dcs[@]}"; do
    query "$dc" "SELECT decided_at_us - created_at_us FROM operation WHERE seq IS NOT NULL AND created_at_us BETWEEN $1 AND $2 AND state = 2"
  done | sort -n >"$scratch/took"
  awk '{ took[NR] = $1 } END { printf "p50 %.1f ms, p99 %.1f ms\n", took[int(NR * 0.5) + 1] / 1000, took[int(NR * 0.99) + 1] / 1000 }' "$scratch/took"
}

phase() { # NAME SECONDS
  local begun ended accepted wal_before wal_after booked
  wal_before=$(wal)
  cpu_snapshot >"$scratch/cpu.before"
  begun=$(now_ms)
  offer "$2"
  ended=$(now_ms)
  wait_for 120 'all to be booked' all_booked
  cpu_snapshot >"$scratch/cpu.after"
  wal_after=$(wal)
  accepted=$(result "$scratch/load.json" accepted)
  booked=$(total "SELECT count(*) FROM operation WHERE state = 2 AND decided_at_us BETWEEN ${begun}000 AND ${ended}000")
  printf '\n== %s: %s pay-ins/s offered for %s s\n' "$1" "$rate" "$2"
  printf 'accepted  %d/s\n' $((accepted * 1000 / (ended - begun)))
  printf 'booked    %d/s; accepted to BOOKED %s\n' $((booked * 1000 / (ended - begun))) "$(booking "${begun}000" "${ended}000")"
  printf 'by table  %d partitions at the end\n' "$(late)"
  printf 'WAL       %d bytes a pay-in\n' $(((wal_after - wal_before) / accepted))
  printf 'CPU us a pay-in:\n'
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$accepted" "$(result "$scratch/load.json" cpu_us)"
}

kafkas() { # stop|start
  local dc pids=()
  for dc in "${dcs[@]}"; do
    "$root/stack" "$1" --run "$run" "$dc" kafka >&2 &
    pids+=($!)
  done
  wait "${pids[@]}"
}

open_accounts() {
  "$load" --api "dc1=$(api_of dc1)" --accounts "$accounts" --connections 16 --rate 1 --duration 1 --warmup 0 >/dev/null
  seq -f 'load-%.0f' "$accounts" >"$scratch/accounts"
  for dc in "${dcs[@]}"; do wait_for 60 "the accounts at $dc" accounts_known "$dc"; done
}
accounts_known() { (($(query "$1" "SELECT count(*) FROM account WHERE account_id LIKE 'load-%'") >= accounts)); }

open_stack --dcs 3 --brokers per-dc
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
print_machine
open_talks
open_accounts
offer "$warm_s"
sleep 3
phase 'with Kafka' "$seconds"
kafkas stop
phase 'Kafka goes' 5
reads_table || die 'Kafka is away and nobody reads the table'
phase 'without Kafka' "$seconds"
missing=$(total 'SELECT coalesce(sum(version), 0) FROM share')
missing=$((2 * missing - $(total 'SELECT coalesce(sum(version), 0) FROM replicated_share')))
begun=$(now_ms)
kafkas start
up=$(now_ms)
wait_for 300 'the replicas' all_replicated
printf '\nreplicas: %d entries missing when the brokers were started; all there %d ms after they were up (%d ms after the start)\n' \
  "$missing" $(($(now_ms) - up)) $(($(now_ms) - begun))
offer 10
wait_for 60 'Kafka to be read again' reads_kafka
sleep 3
phase 'with Kafka again' "$seconds"
