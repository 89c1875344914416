#!/usr/bin/env bash
# up.sh [--dcs N] [--brokers one|per-dc] [--no-daemons] [--run DIR]: starts a stack and waits until all of it is ready.
# Does nothing where it runs already; after `down` it goes on with the same data and ports.
# --no-daemons: PostgreSQL and Kafka only, to run the daemons by hand.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

ready_within_s=60
want_dcs='' want_brokers='' want_daemons=1

take_options() {
  while (($#)); do
    case $1 in
      --dcs | --brokers)
        [[ -n ${2-} ]] || usage_error "$1 needs a value"
        if [[ $1 = --dcs ]]; then want_dcs=$2; else want_brokers=$2; fi
        shift
        ;;
      --dcs=*) want_dcs=${1#*=} ;;
      --brokers=*) want_brokers=${1#*=} ;;
      --no-daemons) want_daemons='' ;;
      *) usage_error "up: unknown argument $1" ;;
    esac
    shift
  done
  [[ $want_dcs =~ ^([1-9])?$ ]] || usage_error '--dcs: 1 to 9'
  [[ $want_brokers =~ ^(one|per-dc)?$ ]] || usage_error '--brokers: one or per-dc'
}

# A folder keeps the shape it was made with.
choose_shape() {
  [[ -z ${shape[dcs]-} || ${want_dcs:-${shape[dcs]}} = "${shape[dcs]}" ]] ||
    die "$run has ${shape[dcs]} datacenters; ./stack down --wipe first, or another --run"
  [[ -z ${shape[brokers]-} || ${want_brokers:-${shape[brokers]}} = "${shape[brokers]}" ]] ||
    die "$run has brokers=${shape[brokers]}; ./stack down --wipe first, or another --run"
  shape[dcs]=${want_dcs:-${shape[dcs]:-3}}
  shape[brokers]=${want_brokers:-${shape[brokers]:-one}}
  shape[bin]=$(realpath -m -- "${GEOBILL_BIN:-$root/build/release/bin}")
}

# The parts this command is about, as lines `DC PART`.
wanted() { if [[ -n $want_daemons ]]; then parts; else parts | grep -E ' (kafka|postgres)$'; fi; }
daemon_parts() { parts | grep -vE ' (kafka|postgres)$'; }

need_programs() {
  local missing=() part
  [[ -x $postgres_bin/postgres && -d $kafka_jars ]] || "$native/setup.sh"
  [[ -n $want_daemons ]] || return 0
  for part in geobill "${daemons[@]/#/geobill-}"; do [[ -x ${shape[bin]}/$part ]] || missing+=("$part"); done
  ((${#missing[@]})) || return 0
  [[ -z ${GEOBILL_BIN-} ]] || die "not in ${shape[bin]}: ${missing[*]}"
  "$native/setup.sh"
}

all_supervised() {
  local dc part owner folder pid state
  while read -r dc part; do
    part_at "$dc" "$part"
    supervisor_of "$part" || return 1
  done < <(wanted)
}

none_supervised() {
  local dc part owner folder pid state
  while read -r dc part; do
    part_at "$dc" "$part"
    ! supervisor_of "$part" || return 1
  done < <(parts)
}

# each COMMAND: COMMAND for each datacenter (or what the lines of stdin say) at the same time; fails when one fails.
each() {
  local line job jobs=() failed=0
  while read -r line; do
    # shellcheck disable=SC2086
    "$@" $line &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return "$failed"
}

start_fresh() { # DC PART
  local owner folder
  part_at "$1" "$2"
  mkdir -p -- "$folder"
  start_part "$1" "$2"
}

# What a daemon says of why it is not ready, and its last words. Fails.
explain() { # DC PART
  local owner folder
  part_at "$1" "$2"
  case $2 in
    postgres | kafka) ;;
    *) say "  /readyz says: $(curl -sS -m 2 "http://127.0.0.1:${port[$1/$2]}/readyz" 2>&1)" ;;
  esac
  tail -n 3 -- "$folder/$2.log" | cut -c1-400 >&2
  return 1
}

# Waits for the lines `DC PART` of stdin; one deadline for all.
await_ready() {
  local dc part owner folder deadline=$((SECONDS + ready_within_s)) left
  while read -r dc part; do
    part_at "$dc" "$part"
    left=$((deadline > SECONDS ? deadline - SECONDS : 0))
    wait_until "$left" "$dc $part to be ready" "$folder/$part.log" part_ready "$dc" "$part" ||
      explain "$dc" "$part" || return 1
  done
}

start_stores() {
  progress 'making PostgreSQL and Kafka folders'
  dcs | each postgres_create
  parts | sed -n 's/ kafka$//p' | each kafka_create
  progress 'starting PostgreSQL and Kafka'
  parts | grep -E ' (kafka|postgres)$' | each start_fresh
  parts | grep -E ' postgres$' | await_ready
  dcs | each postgres_fill
  parts | grep -E ' kafka$' | await_ready
}

start_daemons() {
  local dc
  dcs | each programs_configure
  progress 'making schemas and topics'
  dcs | each programs_prepare
  client_create "$run/token" demo admin geobill dc1
  progress 'starting the daemons'
  daemon_parts | each start_fresh
  daemon_parts | await_ready
  for dc in $(dcs); do
    wait_until "$ready_within_s" "the API client to be known at $dc" "$run/$dc/projector.log" client_known "$run/token" "$(api_url "$dc")"
  done
}

hint() { (($? == 0)) || say "stack: up failed; what was started still runs: ./stack logs, ./stack down --run $run"; }

open_folder "$@"
take_options "${args[@]}"
lock_folder
if [[ -n ${shape[dcs]-} ]] && choose_shape && all_supervised; then
  wanted | await_ready
  say "already up: $run"
  exit 0
fi
choose_shape
need_programs
trap hint EXIT
make_short
if [[ ! -e $run/shape ]] || none_supervised; then choose_ports; fi
write_shape
start_stores
if [[ -n $want_daemons ]]; then start_daemons; fi
"$native/env.sh" --run "$run" --write
say "up: ${shape[dcs]} datacenters in $run (variables: . $run/env)"
