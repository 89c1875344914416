#!/usr/bin/env bash
# payouts.sh [--run DIR] [--keep] [--seconds S] [--connections "64 256"] [--only "local alone offered hot skewed remote mixed call"]
#            [--rate R] [--rtt MS]: pay-outs over HTTP.
#   local   1,000 accounts whose money lies at dc1, paid out at dc1, each connection asking again when it has its answer
#   alone   the same with publisher and consumer of dc1 stopped, so that only API and PostgreSQL work
#   offered as alone, but 8,000 a second are offered, however fast the answers come
#   hot     the same as local, of one account
#   skewed  200 accounts, evenly split over three datacenters, 7 of 9 pay-outs at dc1, until a share does not suffice: how many
#           were decided by the own share
#   remote  every pay-out at dc2, of an account whose money lies at dc1: nothing is there before it is asked for; --rate (100) a second
#   mixed   19 of 20 at dc2 from its own share, one as in remote; 10 times --rate a second
#   call    what the ratio is against: the same pay-out as one SQL function call a request, from pgbench, on dc1's PostgreSQL
# All on one machine: there is no network between the datacenters, unless --rtt puts a way of so many milliseconds, there and
# back, between each datacenter and the Kafkas of the others; then each has a Kafka of its own.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

seconds=8 connections='64 256' only='local alone offered hot skewed remote mixed call' known_within_s=60 rate=100 rtt=0
take_common_options "$@"
set -- "${args[@]}"
while (($#)); do
  case $1 in
    --seconds) seconds=${2?} ;;
    --connections) connections=${2?} ;;
    --only) only=${2?} ;;
    --rate) rate=${2?} ;;
    --rtt) rtt=${2?} ;;
    *) die "payouts.sh: unknown argument $1" ;;
  esac
  shift 2
done

counter() { # DC NAME: summed over its labels
  curl -s -m 5 "$(api_of "$1")/metrics" | awk -v name="$2" '$1 ~ "^" name "({|$)" { sum += $2 } END { print sum + 0 }'
}

# Accounts come to dc2 and dc3 by the catalogue, their money by the ledger.
wait_until_known() { # PREFIX ACCOUNTS
  local until=$((SECONDS + known_within_s)) dc
  for dc in "${dcs[@]}"; do
    until (($(query "$dc" "SELECT count(*) FROM account WHERE account_id LIKE '$1-%'") >= $2)); do
      ((SECONDS < until)) || die "$dc does not know the accounts $1 after $known_within_s s"
      sleep 0.2
    done
  done
}

open_accounts() { # PREFIX ACCOUNTS OPENING_BALANCE POLICY: by a load of balance queries; for pay_out
  "$load" --api "dc1=$(api_of dc1)" --kind balance --account-prefix "$1" --accounts "$2" --opening-balance "$3" --policy "$4" \
    --connections 4 --rate 10 --duration 1 --warmup 0 --drain 30 >/dev/null
  wait_until_known "$1" "$2"
  seq -f "$1-%.0f" "$2" >"$scratch/accounts"
}

pay_out() { # LOAD OPTIONS...
  local answers wal
  cpu_snapshot >"$scratch/cpu.before"
  wal=$(wal_bytes dc1)
  "$load" --kind payout --accounts-file "$scratch/accounts" --duration "$seconds" --drain 30 --json "$scratch/load.json" "$@"
  wal=$(($(wal_bytes dc1) - wal))
  cpu_snapshot >"$scratch/cpu.after"
  answers=$(result "$scratch/load.json" answers)
  printf 'WAL       %d bytes a pay-out at dc1\nCPU us a pay-out:\n' $((wal / answers))
  cpu_report "$scratch/cpu.before" "$scratch/cpu.after" "$answers" "$(result "$scratch/load.json" cpu_us)"
}

at_dc1() { # [LOAD OPTIONS...]
  local count
  for count in $connections; do
    printf '\n-- %s connections\n' "$count"
    pay_out --api "dc1=$(api_of dc1)" --amount-max 100 --connections "$count" "$@"
  done
}
dc1_alone() { # stop|start
  local part
  for part in publisher consumer; do "$root/stack" "$1" dc1 "$part" --run "$run" >/dev/null; done
}
measure_local() {
  open_accounts local 1000 1000000000000 home
  at_dc1
}
measure_alone() {
  open_accounts local 1000 1000000000000 home
  dc1_alone stop
  at_dc1
  dc1_alone start
}
measure_offered() {
  open_accounts local 1000 1000000000000 home
  dc1_alone stop
  at_dc1 --rate 8000
  dc1_alone start
}
measure_hot() {
  open_accounts hot 1 1000000000000 home
  at_dc1
}

measure_skewed() {
  local dc before=0 after=0 decided=0
  local -a most=()
  open_accounts skewed 200 60000 even
  for _ in 1 2 3 4 5 6 7; do most+=(--api "dc1=$(api_of dc1)"); done
  for dc in "${dcs[@]}"; do
    before=$((before + $(counter "$dc" geobill_operations_waited_total)))
    decided=$((decided - $(counter "$dc" geobill_operations_decided_total)))
  done
  pay_out "${most[@]}" --api "dc2=$(api_of dc2)" --api "dc3=$(api_of dc3)" \
    --amount-max 2000 --connections 90 --rate 1000
  for dc in "${dcs[@]}"; do
    after=$((after + $(counter "$dc" geobill_operations_waited_total)))
    decided=$((decided + $(counter "$dc" geobill_operations_decided_total)))
  done
  awk -v waited=$((after - before)) -v decided="$decided" \
    'BEGIN { printf "decided by the own share: %d of %d, %.2f %%\n", decided - waited, decided, (decided - waited) / decided * 100 }'
}

measure_remote() {
  open_accounts remote $((rate * (seconds + 4))) 1000 home
  pay_out --api "dc2=$(api_of dc2)" --in-turn --amount-max 1000 \
    --connections 64 --rate "$rate"
}

# Each remote account is used once: what a first pay-out brought along would make the next one local.
measure_mixed() {
  local all=$((10 * rate)) near=500
  open_accounts mixed $((all * (seconds + 4) / 20)) 1000 home
  open_accounts near "$near" 0 even
  "$load" --api "dc2=$(api_of dc2)" --accounts-file "$scratch/accounts" --in-turn --connections 32 --rate $((near * 4)) --duration 2 \
    --warmup 0 --wait 5 --json "$scratch/load.json" >/dev/null
  awk -v near="$near" -v lines=$((all * (seconds + 4))) \
    'BEGIN { for (i = 0; i < lines; i++) print i % 20 ? "near-" i % near + 1 : "mixed-" i / 20 + 1 }' >"$scratch/accounts"
  pay_out --api "dc2=$(api_of dc2)" --in-turn --amount-max 100 \
    --connections 64 --rate "$all"
}

# The least that is asked of a ledger: the key once, never below zero, an entry for each movement.
measure_call() {
  local pg=GEOBILL_PG_dc1 count
  superuser dc1 'DROP SCHEMA IF EXISTS bench_call CASCADE' 2>/dev/null
  superuser dc1 "CREATE SCHEMA bench_call;
    CREATE TABLE bench_call.share (account_no bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), version bigint NOT NULL);
    CREATE TABLE bench_call.operation (key text PRIMARY KEY, account_no bigint NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL);
    CREATE TABLE bench_call.ledger (account_no bigint, version bigint, amount bigint NOT NULL, balance_after bigint NOT NULL, key text NOT NULL,
      PRIMARY KEY (account_no, version));
    INSERT INTO bench_call.share SELECT n, 1000000000000, 0 FROM generate_series(1, 1000) n;
    CREATE FUNCTION bench_call.pay_out(want_key text, want_account bigint, want_amount bigint) RETURNS boolean LANGUAGE plpgsql AS \$\$
    DECLARE s bench_call.share;
    BEGIN
      INSERT INTO bench_call.operation VALUES (want_key, want_account, want_amount, now()) ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN RETURN false; END IF;
      UPDATE bench_call.share SET balance = balance - want_amount, version = version + 1 WHERE account_no = want_account RETURNING * INTO s;
      INSERT INTO bench_call.ledger VALUES (want_account, s.version, want_amount, s.balance, want_key);
      RETURN true;
    END \$\$;"
  printf '%s\n' '\set account random(1, :accounts)' '\set amount random(1, 100)' \
    "SELECT bench_call.pay_out(gen_random_uuid()::text, :account, :amount)" >"$scratch/call.sql"
  for accounts in 1000 1; do
    for count in $connections; do
      printf '\n-- %s accounts, %s connections\n' "$accounts" "$count"
      if ((count > 90)); then
        echo 'more than PostgreSQL has connections for'
        continue
      fi
      pgbench -n -M prepared -c "$count" -j 2 -T "$seconds" -D "accounts=$accounts" -f "$scratch/call.sql" \
        "${!pg/user=geobill_operator/user=postgres}" | grep -E 'tps|latency average|failed'
    done
  done
  superuser dc1 'DROP SCHEMA bench_call CASCADE' 2>/dev/null
}

# Each datacenter reaches the Kafkas of the others only through a relay that takes its time. (Their brokers advertise it on a
# listener of its own.)
put_far_apart() {
  local dc peer name front behind
  local -A fronts
  coproc RELAY { exec "$bench/far_relay.py" "$(awk -v rtt="$rtt" 'BEGIN { print rtt / 2 }')" "${dcs[@]}"; }
  for _ in "${dcs[@]}"; do
    read -r -t 10 -u "${RELAY[0]}" name front behind || die 'the relay does not start'
    fronts[$name]=$front
    "$root/stack" stop --run "$run" "$name" kafka >&2
    sed -i -e "s|^listeners=.*|&,FAR://127.0.0.1:$behind|" -e "s|^advertised.listeners=.*|&,FAR://127.0.0.1:$front|" \
      -e 's|^listener.security.protocol.map=.*|&,FAR:PLAINTEXT|' "$(run_of "$name")/kafka/server.properties"
    "$root/stack" start --run "$run" "$name" kafka >&2
  done
  for dc in "${dcs[@]}"; do
    for peer in "${dcs[@]}"; do
      [[ $peer == "$dc" ]] || sed -i "/^\[kafka.$peer\]/,/^bootstrap/s|^bootstrap.servers=.*|bootstrap.servers=127.0.0.1:${fronts[$peer]}|" "$(run_of "$dc")/geobill.ini"
    done
    for name in publisher consumer projector; do
      "$root/stack" stop --run "$run" "$dc" "$name" >&2
      "$root/stack" start --run "$run" "$dc" "$name" >&2
    done
  done
  wait_for 60 'all daemons to be ready' all_ready
}

all_ready() {
  local dc address
  for dc in "${dcs[@]}"; do
    while read -r address; do
      curl -sf -m 2 -o "$scratch/ready" "http://$address/readyz" || return 1
    done < <(sed -n 's/^listen=//p' "$(run_of "$dc")/geobill.ini")
  done
}

brokers=one
((rtt == 0)) || brokers=per-dc
open_stack --dcs 3 --brokers "$brokers"
PATH=$PATH:$(pg_config --bindir)
print_machine
((rtt == 0)) || put_far_apart
for part in $only; do
  printf '\n== %s\n' "$part"
  "measure_$part"
done
