#!/usr/bin/env bash
# latency.sh [--run DIR] [--keep] [--rate N] [--seconds S] [--warm S]: how long a pay-in takes from its acceptance to its booking and to
# its being visible at the other two datacenters, every one of them, from the commit timestamps of the three PostgreSQL
# (track_commit_timestamp is switched on for it). All on one machine, so there is one clock and no network between them.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=20 rate=1000 accounts=1000 warm_s=20
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --warm) warm_s=${2?} ;;
    --rate) rate=${2?} ;;
    *) die "latency.sh: unknown argument $1" ;;
  esac
  shift 2
done

track() { # on|off
  local dc
  for dc in "${dcs[@]}"; do
    [[ $(superuser "$dc" 'SHOW track_commit_timestamp') != "$1" ]] || continue
    superuser "$dc" "ALTER SYSTEM SET track_commit_timestamp = $1"
    "$root/stack" stop "$dc" postgres --run "$run" >/dev/null
    "$root/stack" start "$dc" postgres --run "$run" >/dev/null
    wait_for 30 "PostgreSQL of $dc" answers "$dc"
  done
  for dc in "${dcs[@]}"; do
    wait_for 60 "the API of $dc" ready "$dc"
  done
}
answers() { query "$1" 'SELECT 1' >/dev/null 2>&1; }
ready() { [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' "$(api_of "$1")/readyz") = 200 ]]; }

# Lines KEY MICROSECONDS, sorted, of what was accepted since `$2`.
stamps() { # DC WHAT SINCE_US
  case $2 in
    accepted) query "$1" "SELECT key, (extract(epoch FROM pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint FROM operation WHERE created_at_us >= $3 AND seq IS NOT NULL" ;;
    booked) query "$1" "SELECT key, (extract(epoch FROM pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint FROM ledger WHERE created_at_us >= $3 AND kind = 1" ;;
    replicated) query "$1" "SELECT key, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM replicated_ledger WHERE created_at_us >= $3 AND kind = 1" ;;
  esac | sort
}

percentiles() { # NAME FILE_FROM FILE_TO
  join "$2" "$3" | awk '{ print $3 - $2 }' | sort -n |
    awk -v name="$1" '{ v[NR] = $1 } END { if (NR) printf "%-34s %6d pay-ins  p50 %6.1f ms  p95 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n",
      name, NR, v[int((NR + 1) / 2)] / 1000, v[int(NR * 0.95 + 0.5)] / 1000, v[int(NR * 0.99 + 0.5)] / 1000, v[NR] / 1000 }'
}

open_stack --dcs 3
print_machine
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
# Opened before: a thousand openings, or repeats of them, would count as the pay-ins' CPU.
"$load" --api "dc1=$(api_of dc1)" --accounts "$accounts" --connections 16 --rate 1 --duration 1 --warmup 0 >/dev/null
seq -f 'load-%.0f' "$accounts" >"$scratch/accounts"
known() { (($(query "$1" "SELECT count(*) FROM account WHERE account_id LIKE 'load-%'") >= accounts)); }
for dc in "${dcs[@]}"; do wait_for 60 "the accounts at $dc" known "$dc"; done
# A fresh broker compiles itself, and all its answers wait meanwhile.
"$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections 24 --rate "$rate" --duration "$warm_s" --warmup 0 --drain 60 >/dev/null
track on
"$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections 24 --rate 100 --duration 3 --warmup 0 >/dev/null
since=$(date +%s%6N)
cpu_snapshot >"$scratch/cpu.before"
"$load" "${targets[@]}" --accounts-file "$scratch/accounts" --connections 48 --rate "$rate" --duration "$seconds" --warmup 2 --json "$scratch/load.json"
sleep 3
cpu_snapshot >"$scratch/cpu.after"
for dc in "${dcs[@]}"; do
  for what in accepted booked replicated; do stamps "$dc" "$what" "$since" >"$scratch/$what.$dc"; done
done
sort "$scratch"/accepted.* >"$scratch/accepted"
sort "$scratch"/booked.* >"$scratch/booked"
percentiles 'accepted -> booked' "$scratch/accepted" "$scratch/booked"
for dc in "${dcs[@]}"; do percentiles "accepted -> visible at $dc" "$scratch/accepted" "$scratch/replicated.$dc"; done
sort "$scratch"/replicated.* | awk '{ if ($2 > last[$1]) last[$1] = $2 } END { for (k in last) print k, last[k] }' | sort >"$scratch/everywhere"
percentiles 'accepted -> visible everywhere' "$scratch/accepted" "$scratch/everywhere"
printf 'CPU us a pay-in:\n'
cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$(result "$scratch/load.json" accepted)" "$(result "$scratch/load.json" cpu_us)"
track off
