#!/usr/bin/env bash
# batches.sh [--run DIR] [--keep] [--seconds S] [--connections "1 4"] [--size N] [--atomic]: pay-outs through POST /v1/batches, in
# batches of 1,000, at dc1, of 1,000 accounts whose money lies there; publisher and consumer of dc1 are stopped, so that
# only API and PostgreSQL work beside the sender (bench/batches.py).
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=8 connections='1 4' size=1000 atomic=() accounts=1000
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} && shift ;;
    --connections) connections=${2?} && shift ;;
    --size) size=${2?} && shift ;;
    --atomic) atomic=(--atomic) ;;
    *) die "batches.sh: unknown argument $1" ;;
  esac
  shift
done

open_stack --dcs 3
print_machine
prefix=batches-$$
"$load" --api "dc1=$(api_of dc1)" --kind balance --account-prefix "$prefix" --accounts "$accounts" --opening-balance 1000000000000 \
  --policy home --connections 4 --rate 10 --duration 1 --warmup 0 --drain 30 >/dev/null
seq -f "$prefix-%.0f" "$accounts" >"$scratch/accounts"
for part in publisher consumer; do "$root/stack" stop dc1 "$part" --run "$run" >/dev/null; done
for count in $connections; do
  printf '\n-- %s connections, batches of %s%s\n' "$count" "$size" "${atomic:+, atomic}"
  cpu_snapshot >"$scratch/cpu.before"
  wal=$(wal_bytes dc1)
  histogram "$(api_of dc1)" geobill_engine_batch_commands >"$scratch/batch.before"
  python3 "$bench/batches.py" --api "$(api_of dc1)" --accounts "$scratch/accounts" --connections "$count" --size "$size" \
    --seconds "$seconds" "${atomic[@]}" >"$scratch/load.json"
  cpu_snapshot >"$scratch/cpu.after"
  histogram "$(api_of dc1)" geobill_engine_batch_commands >"$scratch/batch.after"
  answers=$(result "$scratch/load.json" answers)
  printf '%s paid/s, %s not paid, a batch p50 %s ms, p99 %s ms; WAL %d bytes a pay-out\n' "$(result "$scratch/load.json" per_s)" \
    "$(result "$scratch/load.json" other)" "$(result "$scratch/load.json" p50_ms)" "$(result "$scratch/load.json" p99_ms)" \
    $((($(wal_bytes dc1) - wal) / answers))
  printf 'commands in a transaction:%s\nCPU us a pay-out:\n' "$(histogram_report "$scratch/batch.before" "$scratch/batch.after")"
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$answers" "$(result "$scratch/load.json" cpu_us)" sender
done
for part in publisher consumer; do "$root/stack" start dc1 "$part" --run "$run" >/dev/null; done
