#!/usr/bin/env bash
# resend.sh [--run DIR] [--keep] [--seconds S] [--rate R] [--entries N] [--warm S]: the same offered load of pay-ins, a third at each of
# three datacenters, without and with a resend going on: dc2's replica of dc1 is emptied and Kafka's copy left unread, as if it
# had expired, so dc1 sends its whole ledger, N entries of history, again while it sends what is new. Without, with, without,
# with, without: rate, the latency of the answer, from acceptance to BOOKED, and to being visible at dc3, which is up to date
# and only wants what is new.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=15 rate=1000 entries=300000 accounts=1000 warm_s=40
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --rate) rate=${2?} ;;
    --entries) entries=${2?} ;;
    --warm) warm_s=${2?} ;;
    *) die "resend.sh: unknown argument $1" ;;
  esac
  shift 2
done

superuser_script() { # DC: statements on stdin
  local name=GEOBILL_PG_$1
  psql -X -q -v ON_ERROR_STOP=1 -d "${!name/user=geobill_operator/user=postgres}"
}

# Ten thousand accounts with a history at dc1, as in catch_up.sh.
make_history() {
  local dc first
  for dc in "${dcs[@]}"; do
    superuser "$dc" "INSERT INTO account (account_no, account_id, name, currency, status, version, created_at_us, updated_at_us)
      SELECT n, 'late-' || n, 'late-' || n, 'EUR', 1, 1, 1, 1 FROM generate_series(1000000001, 1000010000) n"
  done
  superuser dc1 "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, account_version, updated_at_us)
    SELECT n, 'late-' || n, 'EUR', $((entries / 10000)), $((entries / 10000)), $((entries / 10000)), 1, 1
    FROM generate_series(1000000001, 1000010000) n"
  for ((first = 0; first < entries; first += 1000)); do
    echo "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, credits_total, debits_total, out_total,
      in_total, account_version, created_at_us, span_id, client_no, trace_id, key, reference)
      SELECT 1000000001 + n % 10000, 1 + n / 10000, 1, 1, 1, 1 + n / 10000, 0, 1 + n / 10000, 0, 0, 0, 1, 1700000000000000 + n, n, 1,
        gen_random_uuid(), 'dc1:late-' || n, 'invoice ' || n FROM generate_series($first, $((first + 999))) n;"
  done | superuser_script dc1
}

behind() { # DC: entries of dc1 that it lacks
  local own copied
  copied=$(query "$1" "SELECT coalesce(sum(version), 0) FROM replicated_share WHERE dc = 'dc1'")
  own=$(query dc1 'SELECT coalesce(sum(version), 0) FROM share')
  echo $((own - copied))
}
has_all() { (($(behind "$1") <= 0)); }
resent() { query dc1 "SELECT coalesce(sum(resends), 0) FROM reader_resend WHERE stream = 'ledger' AND reader = 'dc2'"; }
is_sent_again() { (($(resent) > went_back)); }

offer() { # SECONDS
  "$load" "${targets[@]}" --accounts "$accounts" --connections 48 --rate "$rate" --duration "$1" --warmup 0 --drain 30 --json "$scratch/load.json"
}
# When it was there, for what dc1 accepted in between.
stamps() { # DC accepted|visible FROM_US
  case $2 in
    accepted) query "$1" "SELECT key, (extract(epoch FROM pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint FROM operation WHERE created_at_us >= $3 AND seq IS NOT NULL" ;;
    visible) query "$1" "SELECT key, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM replicated_ledger WHERE dc = 'dc1' AND created_at_us >= $3 AND kind = 1" ;;
  esac | sort
}
track_commits() {
  local dc
  for dc in "${dcs[@]}"; do
    superuser "$dc" 'ALTER SYSTEM SET track_commit_timestamp = on'
    "$root/stack" stop "$dc" postgres --run "$run" >/dev/null
    "$root/stack" start "$dc" postgres --run "$run" >/dev/null
  done
  for dc in "${dcs[@]}"; do wait_for 60 "the API of $dc" ready "$dc"; done
}
ready() { [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' "$(api_of "$1")/readyz") = 200 ]]; }

phase() { # NAME
  local begun accepted lacked
  begun=$(date +%s%6N)
  lacked=$(behind dc2)
  offer "$seconds" >/dev/null
  accepted=$(result "$scratch/load.json" accepted)
  printf '%-10s dc2 lacks %d, then %d of dc1: ' "$1" "$lacked" "$(behind dc2)"
  wait_for 60 'dc3 to have what is new' has_all dc3
  query dc1 "SELECT decided_at_us - created_at_us FROM operation WHERE seq IS NOT NULL AND created_at_us >= $begun AND state = 2" | sort -n >"$scratch/booked"
  stamps dc1 accepted "$begun" >"$scratch/from"
  stamps dc3 visible "$begun" | join "$scratch/from" - | awk '{ print $3 - $2 }' | sort -n >"$scratch/visible"
  printf '%d/s accepted, answer p99 %.1f ms; dc1: booked p50 %s p99 %s ms, visible at dc3 p50 %s p99 %s ms\n' $((accepted / seconds)) \
    "$(answer_p99 "$scratch/load.json")" \
    "$(percentile "$scratch/booked" 0.5)" "$(percentile "$scratch/booked" 0.99)" \
    "$(percentile "$scratch/visible" 0.5)" "$(percentile "$scratch/visible" 0.99)"
}

resend_phase() {
  went_back=$(resent)
  superuser dc2 "BEGIN; CREATE TEMP TABLE ends AS SELECT topic, partition, next_offset FROM position;
    SELECT rebuild_replica('dc1', 'ledger', 1);
    UPDATE position p SET next_offset = e.next_offset FROM ends e WHERE (p.topic, p.partition) = (e.topic, e.partition); COMMIT" >/dev/null
  offer 3 >/dev/null
  wait_for 60 'dc1 to go back for dc2' is_sent_again
  phase 'resending'
  (($(behind dc2) > entries / 100)) || echo '           (it was over before the phase: --entries is too small)'
  wait_for 600 'dc2 to have all again' has_all dc2
}

open_stack --dcs 3
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
print_machine
track_commits
offer "$warm_s" >/dev/null
make_history
for dc in dc2 dc3; do wait_for 300 "$dc to have the history" has_all "$dc"; done
sleep 5
phase 'without'
resend_phase
phase 'without'
resend_phase
phase 'without'
