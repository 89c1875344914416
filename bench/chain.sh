#!/usr/bin/env bash
# chain.sh [--run DIR] [--keep] [--seconds S] [--accounts N] [--connections C] [--rates "2000 4000 ..."] [--warm S]: pay-ins through
# the whole chain: accepted over HTTP at three datacenters in turn, published through Kafka, booked, and replicated to both
# others. Offers one rate after the other; a rate is sustained when nearly all of it was accepted in time and everything is
# booked and replicated 2 s after the end. Stops at the second rate that is not. CPU and WAL a pay-in at each rate.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=15 accounts=1000 connections=192 rates='1000 2000 4000 6000 8000 10000 12000 15000 20000'
settle_ms=2000 settle_s_max=300 warm_s=20
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --accounts) accounts=${2?} ;;
    --connections) connections=${2?} ;;
    --rates) rates=${2?} ;;
    --warm) warm_s=${2?} ;;
    *) die "chain.sh: unknown argument $1" ;;
  esac
  shift 2
done

# The versions of all shares add up to the entries booked, those of the replicas to the entries replicated.
entries() {
  local dc own=0 copied=0
  for dc in "${dcs[@]}"; do
    read -r one two < <(ask "$dc" 'SELECT (SELECT coalesce(sum(version), 0) FROM share), (SELECT coalesce(sum(version), 0) FROM replicated_share)')
    own=$((own + one)) copied=$((copied + two))
  done
  echo "$own $copied"
}

now_ms() { date +%s%3N; }

# Waits until `$1` more entries than at first are booked and each is replicated twice. Prints the milliseconds since `$2`.
settle() { # ACCEPTED ENDED_MS
  local own copied
  while :; do
    read -r own copied < <(entries)
    if ((own - own_before >= $1 && copied - copied_before >= 2 * $1)); then
      echo $(($(now_ms) - $2))
      return
    fi
    (($(now_ms) - $2 < settle_s_max * 1000)) || die "after $settle_s_max s: $((own - own_before)) of $1 booked, $((copied - copied_before)) of $((2 * $1)) replicated"
    sleep 0.05
  done
}

histograms() { # FILE: the batches of all engines, and of all projectors
  local dc
  for dc in "${dcs[@]}"; do
    histogram "$(listen_of "$dc" consumer)" geobill_engine_batch_commands >"$scratch/engine.$dc.$1"
    histogram "$(api_of "$dc")" geobill_intake_batch_requests >"$scratch/intake.$dc.$1"
  done
}

listen_of() { # DC PART
  printf 'http://%s' "$(sed -n "/^\[$2\]/,/^\$/s/^listen=//p" "$(run_of "$1")/geobill.ini")"
}

one_rate() { # RATE: prints what came of it; sets `sustained`
  local before=0 after=0 dc accepted due in_time late ended
  read -r own_before copied_before < <(entries)
  for dc in "${dcs[@]}"; do before=$((before + $(wal_bytes "$dc"))); done
  histograms before
  cpu_snapshot >"$scratch/cpu.before"
  "$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections "$connections" --rate "$1" --duration "$seconds" \
    --warmup 1 --drain 60 --json "$scratch/load.json"
  ended=$(($(result "$scratch/load.json" ended_at_us) / 1000))
  accepted=$(result "$scratch/load.json" accepted)
  late=$(settle "$accepted" "$ended")
  cpu_snapshot >"$scratch/cpu.after"
  histograms after
  for dc in "${dcs[@]}"; do after=$((after + $(wal_bytes "$dc"))); done
  due=$(result "$scratch/load.json" due)
  in_time=$(($(result "$scratch/load.json" achieved_per_s) * seconds))
  sustained=no
  if ((late <= settle_ms && in_time * 100 >= due * 98)); then sustained=yes; fi
  printf 'settled   booked and replicated everywhere %d ms after the end; sustained: %s\n' "$late" "$sustained"
  for dc in "${dcs[@]}"; do
    printf '%s intake batches' "$dc"
    histogram_report "$scratch/intake.$dc.before" "$scratch/intake.$dc.after"
    printf '%s engine batches' "$dc"
    histogram_report "$scratch/engine.$dc.before" "$scratch/engine.$dc.after"
  done
  printf 'WAL       %d bytes a pay-in, all three PostgreSQL together\n' $(((after - before) / accepted))
  printf 'CPU us a pay-in:\n'
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$accepted" "$(result "$scratch/load.json" cpu_us)"
}

open_accounts() {
  "$load" --api "dc1=$(api_of dc1)" --accounts "$accounts" --connections 16 --rate 1 --duration 1 --warmup 0 >/dev/null
  seq -f 'load-%.0f' "$accounts" >"$scratch/accounts"
  for dc in "${dcs[@]}"; do wait_for 60 "the accounts at $dc" accounts_known "$dc"; done
}
accounts_known() { (($(query "$1" "SELECT count(*) FROM account WHERE account_id LIKE 'load-%'") >= accounts)); }

open_stack --dcs 3
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
print_machine
open_talks
open_accounts
# A fresh broker compiles itself and makes its first segments: the first seconds say nothing.
"$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections "$connections" --rate 1000 --duration "$warm_s" --warmup 0 --drain 60 >/dev/null
sleep 3
best=0 failures=0
for rate in $rates; do
  printf '\n== %s pay-ins/s offered, a third at each datacenter\n' "$rate"
  one_rate "$rate"
  if [[ $sustained = yes ]]; then
    best=$rate failures=0
  elif ((++failures == 2)); then
    break
  fi
done
printf '\nhighest rate sustained: %s pay-ins/s\n' "$best"
