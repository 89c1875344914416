#!/usr/bin/env bash
# micro.sh [--run DIR]: the parts alone: HTTP layer, database layer, engine, wire. A PostgreSQL of its own with fsync on.
set -euo pipefail
# shellcheck source=measure.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/measure.sh"

take_common_options "$@"
run=$run-micro
build=$root/build/release

finish() {
  [[ -z ${server-} ]] || kill "$server" 2>/dev/null || true
  "$root/stack" down --wipe --run "$run" >/dev/null 2>&1 || true
}
trap finish EXIT
trap 'exit 130' INT TERM
"$root/stack" up --run "$run" --dcs 1 --no-daemons >&2
# shellcheck source=/dev/null
. "$run/env"
scratch=$(mktemp -d "$run/bench.XXXXXX")
# shellcheck disable=SC2154 # comes from env
conninfo=${GEOBILL_PG_dc1/ user=geobill_operator/}

# A new migrated database; prints how to reach it as superuser.
database() { # NAME
  psql -X -q -d "${conninfo/dbname=geobill/dbname=postgres} user=postgres" -c "CREATE DATABASE $1 OWNER geobill"
  printf '[datacenter]\ncode=dc1\ncatalogue=dc1\n\n[postgres]\nconninfo=%s\n' "${conninfo/dbname=geobill/dbname=$1}" >"$scratch/$1.ini"
  "$GEOBILL_BIN/geobill" --config "$scratch/$1.ini" migrate >/dev/null
  printf '%s user=postgres' "${conninfo/dbname=geobill/dbname=$1}"
}

printf '\n== HTTP layer alone, answers at once (bench-http, 2 threads; geobill-load)\n'
"$build/bench/http/bench-http" 127.0.0.1:9759 2 &
server=$!
seq -f 'a%.0f' 1000 >"$scratch/accounts"
for count in 64 256 1024; do
  before=$(ticks "$server")
  "$GEOBILL_BIN/geobill-load" --api http://127.0.0.1:9759 --token t --accounts-file "$scratch/accounts" --connections "$count" \
    --duration 5 --warmup 1 --json "$scratch/load.json" | sed -n '2,3p;$p'
  printf '%s connections: server CPU %d ns a request\n' "$count" \
    $((($(ticks "$server") - before) * tick_us * 1000 / $(result "$scratch/load.json" answers)))
done
kill "$server"
server=

printf '\n== database layer (bench-db)\n'
"$build/bench/db/bench-db" "$(database bench_db)"
for accounts in 10000 1; do
  printf '\n== engine (bench-engine), %s account(s)\n' "$accounts"
  for batch in 10 100 1000; do
    "$build/bench/engine/bench-engine" "$(database "bench_engine_${accounts}_$batch")" 50000 "$batch" "$accounts"
  done
done
printf '\n== wire (bench-wire)\n'
"$build/bench/wire/bench-wire"
