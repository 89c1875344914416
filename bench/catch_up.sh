#!/usr/bin/env bash
# catch_up.sh [--run DIR] [--keep] [--entries N] [--accounts N]: a projector that was stopped for long. The projectors of dc2 and
# dc3 are stopped, dc1 makes the entries of an hour (1,080,000: 300 a second) and publishes them; then dc2's projector is
# started alone and catches up. Entries a second, CPU and WAL an entry in the projector and in its PostgreSQL.
#
# The entries are written into dc1's ledger by SQL, a thousand a transaction and an account in turn, as its engine would have;
# what comes after that is the real thing.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

entries=1080000 accounts=10000 wait_s_max=600
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --entries) entries=${2?} ;;
    --accounts) accounts=${2?} ;;
    *) die "catch_up.sh: unknown argument $1" ;;
  esac
  shift 2
done
((entries % accounts == 0)) || die 'catch_up.sh: as many entries for each account'

# N accounts that the ledger can name; the catalogue is not part of this.
make_accounts() { # DC
  superuser "$1" "INSERT INTO account (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us)
    SELECT n, 'late-' || n, 'late-' || n, 'EUR', 1, 1, 1, 1 FROM generate_series(1000000001, 1000000000 + $accounts) n"
}

make_entries() {
  local first
  superuser dc1 "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, account_version, updated_at_us)
    SELECT n, 'late-' || n, 'EUR', $((entries / accounts)), $((entries / accounts)), $((entries / accounts)), 1, 1
    FROM generate_series(1000000001, 1000000000 + $accounts) n"
  for ((first = 0; first < entries; first += 1000)); do
    echo "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total, out_total,
      in_total, account_version, created_at_us, span_id, client_no, trace_id, key, reference)
      SELECT 1000000001 + n % $accounts, 1 + n / $accounts, 1, 1, 1, 1 + n / $accounts, 0, 1 + n / $accounts, 0, 0, 0, 1, 1700000000000000 + n, n, 1,
        gen_random_uuid(), 'dc1:late-' || n, 'invoice ' || n FROM generate_series($first, $((first + 999 < entries ? first + 999 : entries - 1))) n;"
  done | superuser_script dc1
}

superuser_script() { # DC: statements on stdin
  local name=GEOBILL_PG_$1
  psql -X -q -v ON_ERROR_STOP=1 -d "${!name/user=geobill_operator/user=postgres}"
}

all_sent() {
  # shellcheck disable=SC2016
  [[ $(query dc1 "SELECT coalesce(min(sent) FILTER (WHERE cut > 0) , 0) >= 1 AND bool_and(sent >= cut)
    AND (SELECT sum(records) FROM page WHERE stream = 'ledger') >= $entries FROM stream_sent WHERE stream = 'ledger'") = t ]]
}
replicated() { ask dc2 "SELECT coalesce(sum(version), 0) FROM replicated_share WHERE dc = 'dc1'"; }
now_ms() { date +%s%3N; }

open_stack --dcs 3
print_machine
open_talks
for dc in dc2 dc3; do "$root/stack" stop "$dc" projector --run "$run" >/dev/null; done
for dc in "${dcs[@]}"; do make_accounts "$dc"; done
began=$(now_ms)
make_entries
wrote=$(now_ms)
wait_for "$wait_s_max" 'the publisher of dc1' all_sent
sent=$(now_ms)
printf 'backlog   %d entries of %d accounts: written in %d ms, all in Kafka %d ms later\n' "$entries" "$accounts" $((wrote - began)) $((sent - wrote))

before=$(replicated)
wal=$(wal_bytes dc2)
touched=$(now_ms)
cpu_snapshot | grep -E '^(dc2|all) ' >"$scratch/cpu.before"
"$root/stack" start dc2 projector --run "$run" >/dev/null
first='' now=$before
while ((now - before < entries)); do
  sleep 0.05
  now=$(replicated)
  if [[ -z $first && $now != "$before" ]]; then first=$(now_ms); fi
  (($(now_ms) - touched < wait_s_max * 1000)) || die "after $wait_s_max s: $((now - before)) of $entries"
done
ended=$(now_ms)
cpu_snapshot | grep -E '^(dc2|all) ' >"$scratch/cpu.after"
wal=$(($(wal_bytes dc2) - wal))
printf 'catch-up  %d entries a second (%d ms from the first, %d ms after the start of the projector)\n' \
  $((entries * 1000 / (ended - first))) $((ended - first)) $((first - touched))
printf 'WAL       %d bytes an entry at dc2\n' $((wal / entries))
curl -s -m 5 "http://$(sed -n '/^\[projector\]/,/^$/s/^listen=//p' "$(run_of dc2)/geobill.ini")/metrics" | grep 'lane="dc1"' >"$scratch/metrics"
printf 'busy      %d of 100 ms applying batches\n' \
  "$(awk -v ms=$((ended - first)) '/^geobill_lane_batch_seconds_sum/ { print int($2 * 100000 / ms + 0.5) }' "$scratch/metrics")"
printf 'batches  '
sed -n 's/^geobill_lane_batch_records_bucket{.*le="\([^"]*\)".*} \([0-9]*\)$/\1 \2/p;s/^geobill_lane_batch_records_\(sum\|count\){.*} \([0-9.]*\)$/\1 \2/p' "$scratch/metrics" >"$scratch/batches"
histogram_report <(echo) "$scratch/batches"
printf 'CPU us an entry (dc2 and the broker):\n'
cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$entries" 0
awk -v n="$entries" -v tick="$tick_us" 'FNR == NR { b[$2] = $3; next } $2 == "projector" || $2 ~ /^postgres:/ { us += ($3 - b[$2]) * tick }
  END { printf "per core  %d entries a second of projector and PostgreSQL together\n", n * 1000000 / us }' "$scratch/cpu.before" "$scratch/cpu.after"
for dc in dc2 dc3; do "$root/stack" start "$dc" projector --run "$run" >/dev/null; done
