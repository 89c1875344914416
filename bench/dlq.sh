#!/usr/bin/env bash
# dlq.sh [--run DIR] [--keep] [--seconds S] [--rate R] [--letters N] [--replay-rate R] [--warm S]: the same offered load of pay-ins, a
# third at each of three datacenters, without and with a replay of N dead letters at dc1. They are booked pay-ins of dc1 as they were
# sent, in turn: each is a repeat, which changes nothing. Without, replaying, without: rate, latency of the answer, from acceptance
# to BOOKED at dc1 and dc2; and of the replay: until all were in the outbox, in Kafka, and read by the consumer.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"
# shellcheck source=../compose/native/client.sh
. "$root/compose/native/client.sh"

seconds=15 rate=600 letters=100000 replay_rate=20000 accounts=1000 warm_s=10
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --rate) rate=${2?} ;;
    --letters) letters=${2?} ;;
    --replay-rate) replay_rate=${2?} ;;
    --warm) warm_s=${2?} ;;
    *) die "dlq.sh: unknown argument $1" ;;
  esac
  shift 2
done

topic=geobill.dc1.payin.v1
offer() { # SECONDS
  "$load" "${targets[@]}" --accounts "$accounts" --connections 48 --rate "$rate" --duration "$1" --warmup 0 --drain 30 --json "$scratch/load.json"
}
kafka_of() { local name=GEOBILL_KAFKA_$1; printf '%s' "${!name}"; }
tool() { # OPERATOR COMMAND...
  "$GEOBILL_BIN/geobill" --config "$(run_of dc1)/geobill.ini" --token-file "$scratch/$1" "${@:2}"
}
make_operator() { # NAME
  GEOBILL_TOKEN='' client_create "$scratch/$1" "$1" operate "$GEOBILL_BIN/geobill" --config "$(run_of dc1)/geobill.ini"
}
make_letters() {
  local name=GEOBILL_PG_dc1
  python3 "$bench/dlq_letters.py" "$(kafka_of dc1)" "$topic" "$letters" |
    psql -X -q -v ON_ERROR_STOP=1 -d "${!name/user=geobill_operator/user=geobill}"
}
booked() { # DC FROM_US
  query "$1" "SELECT decided_at_us - created_at_us FROM operation WHERE seq IS NOT NULL AND created_at_us >= $2 AND state = 2" | sort -n >"$scratch/booked"
  printf '%s booked p50 %s p99 %s ms' "$1" "$(percentile "$scratch/booked" 0.5)" "$(percentile "$scratch/booked" 0.99)"
}

phase() { # NAME
  local begun accepted
  begun=$(date +%s%6N)
  offer "$seconds" >/dev/null
  accepted=$(result "$scratch/load.json" accepted)
  sleep 3
  printf '%-10s %d/s accepted, answer p99 %.1f ms; %s; %s\n' "$1" $((accepted / seconds)) \
    "$(answer_p99 "$scratch/load.json")" "$(booked dc1 "$begun")" "$(booked dc2 "$begun")"
}

# When the replay has come so far, in ms since it was approved. Kafka has all when the publisher has noted that it sent its last page.
watch_replay() { # BEGUN_US
  local begun=$1 moved sent
  wait_for 120 'all to be in the outbox' is_moved
  moved=$((($(date +%s%6N) - begun) / 1000))
  wait_for 120 'Kafka to have all' is_sent
  sent=$((($(date +%s%6N) - begun) / 1000))
  wait_for 120 'the consumer to have read all' has_read
  printf '           replay of %d: in the outbox after %d ms, %d/s; in Kafka after %d ms, %d/s; read by the consumer after %d ms\n' "$letters" \
    "$moved" $((letters * 1000 / moved)) "$sent" $((letters * 1000 / sent)) $((($(date +%s%6N) - begun) / 1000))
}
is_moved() { [[ $(query dc1 'SELECT state FROM proposal WHERE kind = 1') = 4 ]]; }
is_sent() {
  [[ $(query dc1 "SELECT min(sent) FILTER (WHERE sent < cut) IS NULL AND max(cut) = (SELECT max(number) FROM page WHERE stream = 'replay-dc1')
    AND (SELECT sum(records) FROM page WHERE stream = 'replay-dc1') >= $letters FROM stream_sent WHERE stream = 'replay-dc1'") = t ]]
}
has_read() { # position at the end of each partition
  local behind
  behind=$(kcat -b "$(kafka_of dc1)" -Q -t "$topic:0:-1" -t "$topic:1:-1" -t "$topic:2:-1" -t "$topic:3:-1" |
    sed -n 's/^.*\[\([0-9]*\)\].* offset \([0-9]*\)$/\1 \2/p' |
    while read -r partition end; do
      query dc1 "SELECT greatest(0, $end - 50 - next_offset) FROM position WHERE topic = '$topic' AND partition = $partition"
    done | awk '{ sum += $1 } END { print sum + 0 }')
  ((behind == 0))
}

open_stack --dcs 3
targets=()
for dc in "${dcs[@]}"; do targets+=(--api "$dc=$(api_of "$dc")"); done
print_machine
make_operator night
make_operator second
offer "$warm_s" >/dev/null
make_letters
phase 'without'
tool night dlq replay --code BENCH --rate "$replay_rate" --execute --reason bench --no-wait >/dev/null
proposal=$(query dc1 "SELECT proposal_id FROM proposal WHERE kind = 1")
(
  sleep 1
  tool second approve give "$proposal" --reason bench >/dev/null
  watch_replay "$(date +%s%6N)"
) &
watcher=$!
phase 'replaying'
wait "$watcher"
phase 'without'
