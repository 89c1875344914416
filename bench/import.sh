#!/usr/bin/env bash
# import.sh [--run DIR] [--keep] [--file FILE.csv] [--debits] [--movements N] [--accounts N] [--concurrency "32 64 128"]: how
# fast `geobill import` brings a file in over three datacenters, its debits too if asked to, from the first request to the last answer; what that costs, the tool itself
# among it; and the same again, when every movement is a repeat. Without --file one of credits is made.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

file='' only=(--only credit) movements=30000 accounts=1000 concurrency='64'
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --debits)
      only=()
      shift
      continue
      ;;
    --file) file=$(realpath -- "${2?}") ;;
    --movements) movements=${2?} ;;
    --accounts) accounts=${2?} ;;
    --concurrency) concurrency=${2?} ;;
    *) die "import.sh: unknown argument $1" ;;
  esac
  shift 2
done

make_file() { # MOVEMENTS ACCOUNTS: credits of 1.00 to as many accounts, in turn
  awk -v count="$1" -v accounts="$2" 'BEGIN {
    print "reference,date,account,kind,amount_minor,balance_after_minor"
    for (i = 0; i < count; i++) printf "r%d,2001-01-01,a%d,credit,100,%d\n", i, i % accounts, 100 * (int(i / accounts) + 1)
  }'
}

import_it() { # FILE PREFIX CONCURRENCY: the result as JSON to $scratch/import.json, the tool's CPU in microseconds to `tool_us`
  local words
  { TIMEFORMAT='%U %S'; time "$GEOBILL_BIN/geobill" --config "$(run_of dc1)/geobill.ini" --output json import "$1" --dc "${GEOBILL_DCS// /,}" \
    --currency EUR "${only[@]}" --prefix "$2" --state "$scratch/$2state" --concurrency "$3" --wait 300 \
    >"$scratch/import.json" 2>"$scratch/import.err"; } 2>"$scratch/time" || { cat -- "$scratch/import.err" >&2; die 'the import failed'; }
  read -ra words <"$scratch/time"
  tool_us=$(((10#${words[0]//./} + 10#${words[1]//./}) * 1000))
}

number() { sed -n "s/^  \"$1\": \([0-9]*\),\?$/\1/p" "$scratch/import.json"; }

one_round() { # PREFIX CONCURRENCY WHAT
  local posted
  cpu_snapshot >"$scratch/cpu.before"
  import_it "$file" "$1" "$2"
  cpu_snapshot >"$scratch/cpu.after"
  posted=$(number posted)
  printf '%-8s %d movements of %d accounts in %d ms: %d a second; repeats %d; in the tool %d us of CPU a movement, comparing at the end included\n' \
    "$3" "$posted" "$(number accounts)" "$(number milliseconds)" "$(number per_second)" "$(number repeats)" $((tool_us / posted))
  printf 'CPU us a movement, until every datacenter shows every sum:\n'
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$posted" "$tool_us" "geobill import"
}

open_stack --dcs 3
print_machine
make_file 20000 1000 >"$scratch/warm.csv"
if [[ -z $file ]]; then
  file=$scratch/movements.csv
  make_file "$movements" "$accounts" >"$file"
fi
# A fresh broker compiles itself and makes its first segments: the first seconds say nothing.
import_it "$scratch/warm.csv" "warm$$-" 64
for count in $concurrency; do
  printf '\n== %s movements on the way at once\n' "$count"
  one_round "c$count-$$-" "$count" first
  one_round "c$count-$$-" "$count" again
done
