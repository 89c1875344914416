#!/usr/bin/env bash
# pages.sh [--run DIR] [--keep] [--seconds S] [--rates "1000 8000"]: what the streams cost that carry the money: time in PostgreSQL and
# WAL a pay-in of the pages, of what is written down of them on both sides, and of the acknowledgements; beside what the
# money itself costs. From pg_stat_statements, which is switched on for it: time of execution, reading a statement's
# parameters and sending its answer not counted; on a busy machine waiting for a core is, so compare the lines with each other.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=12 rates='1000 8000' accounts=1000 connections=192
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --rates) rates=${2?} ;;
    *) die "pages.sh: unknown argument $1" ;;
  esac
  shift 2
done

switch() { # on|off
  local dc
  for dc in "${dcs[@]}"; do
    case $1 in
      on) superuser "$dc" "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'" ;;
      off) superuser "$dc" 'ALTER SYSTEM RESET shared_preload_libraries' ;;
    esac
    "$root/stack" stop "$dc" postgres --run "$run" >/dev/null
    "$root/stack" start "$dc" postgres --run "$run" >/dev/null
    wait_for 30 "PostgreSQL of $dc" answers "$dc"
  done
  for dc in "${dcs[@]}"; do wait_for 60 "the API of $dc" ready "$dc"; done
}
answers() { query "$1" 'SELECT 1' >/dev/null 2>&1; }
ready() { [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' "$(api_of "$1")/readyz") = 200 ]]; }

# Lines WHAT|calls|microseconds|WAL bytes of one datacenter. What a statement is for is told by the table it is about.
statements() { # DC
  superuser "$1" "SELECT CASE
      WHEN query ~ 'INSERT INTO operation' THEN '1 accepting: operation'
      WHEN query ~ '(INSERT INTO ledger|UPDATE share|UPDATE operation|FROM share|FROM unnest.*JOIN operation|account_no, account_id, currency, status)' THEN '2 booking: ledger, share, operation'
      WHEN query ~ 'INSERT INTO replicated_' THEN '3 replicating: history, share'
      WHEN query ~ 'FROM ledger|FROM operation|FROM outbox|pg_snapshot' AND query !~ 'INSERT INTO page' THEN '4 page: looking for rows'
      WHEN query ~ 'INSERT INTO page' THEN '5 page: storing'
      WHEN query ~ 'page' AND query ~ 'DELETE' THEN '6 page: forgetting'
      WHEN query ~ 'stream_sent' THEN '7 page: sent (stream_sent)'
      WHEN query ~ 'INSERT INTO progress' THEN '8 reader: progress'
      WHEN query ~ 'UPDATE position' THEN '8 reader: position'
      WHEN query ~ 'reader_ack|reader_resend|source_head|INSERT INTO reader' THEN '9 acknowledging: Status taken and heard'
      WHEN query ~ 'FROM progress|beat_at_us' THEN '9 acknowledging: Status made, signs of life'
      WHEN query ~* '^(begin|commit|rollback)' THEN 'transactions: BEGIN, COMMIT'
      ELSE 'rest' END AS what, sum(calls), sum(total_exec_time * 1000)::bigint, sum(wal_bytes)::bigint
    FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname ~ '^geobill_' AND r.rolname <> 'geobill_operator'
    GROUP BY 1" | sed -E 's/ ([0-9]+) ([0-9]+) ([0-9]+)$/|\1|\2|\3/'
}

one_rate() { # RATE
  local dc
  for dc in "${dcs[@]}"; do superuser "$dc" 'SELECT pg_stat_statements_reset()' >/dev/null; done
  "$load" "${targets[@]}" --accounts "$accounts" --connections "$connections" --rate "$1" --duration "$seconds" --warmup 1 --drain 60 --json "$scratch/load.json" >/dev/null
  sleep 2
  for dc in "${dcs[@]}"; do statements "$dc"; done >"$scratch/statements"
  printf '%-46s %12s %12s %12s\n' 'a pay-in, all three datacenters together' calls 'us in SQL' 'WAL bytes'
  awk -F'|' -v items="$(result "$scratch/load.json" accepted)" '
    { calls[$1] += $2; us[$1] += $3; wal[$1] += $4; all_calls += $2; all_us += $3; all_wal += $4 }
    END {
      for (what in calls) printf "%-46s %12.3f %12.2f %12.1f\n", what, calls[what] / items, us[what] / items, wal[what] / items | "sort"
      close("sort")
      printf "%-46s %12.3f %12.2f %12.1f\n", "all", all_calls / items, all_us / items, all_wal / items
    }' "$scratch/statements"
}

open_stack --dcs 3
print_machine
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
switch on
for dc in "${dcs[@]}"; do superuser "$dc" 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'; done
"$load" "${targets[@]}" --accounts "$accounts" --connections "$connections" --rate 1000 --duration 8 --warmup 0 --drain 60 >/dev/null # warm
for rate in $rates; do
  printf '\n== %s pay-ins/s offered, a third at each datacenter\n' "$rate"
  one_rate "$rate"
done
for dc in "${dcs[@]}"; do superuser "$dc" 'DROP EXTENSION pg_stat_statements'; done
switch off
