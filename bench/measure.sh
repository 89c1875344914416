# shellcheck shell=bash
# measure.sh: what the scripts of this folder share: a stack of their own, CPU by part, WAL, histograms. Sourced.
#
# Common options: --run DIR (default /var/tmp/geobill-bench; a stack that is up there is used as it is), --keep (leave it
# up afterwards). CPU comes from /proc/<pid>/stat: what a process used, its waiting not counted, so it holds also on a
# machine that is busy with something else.
bench=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$bench/.." && pwd -P)
run=/var/tmp/geobill-bench
keep=
args=()
export LC_ALL=C
tick_us=$((1000000 / $(getconf CLK_TCK)))

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

take_common_options() {
  while (($#)); do
    case $1 in
      --run)
        run=$(realpath -m -- "${2?--run needs a folder}")
        shift
        ;;
      --keep) keep=1 ;;
      *) args+=("$1") ;;
    esac
    shift
  done
}

# Starts the stack if need be; on the way out removes one that was not there before.
open_stack() { # STACK OPTIONS...
  if [[ ! -e $run/env ]]; then
    trap 'close_stack' EXIT
    trap 'exit 130' INT TERM
  fi
  "$root/stack" up --run "$run" "$@" >&2 || die 'the stack does not start'
  # shellcheck disable=SC2034 # for who sources this
  scratch=$(mktemp -d "$run/bench.XXXXXX")
  # shellcheck source=/dev/null
  . "$run/env"
  export GEOBILL_TOKEN
  read -ra dcs <<<"$GEOBILL_DCS"
  load=$GEOBILL_BIN/geobill-load
  [[ -x $load ]] || die "$load is missing: build with GEOBILL_TESTS=ON"
}

close_stack() {
  [[ -n $keep ]] || "$root/stack" down --wipe --run "$run" >/dev/null 2>&1 || true
}

api_of() { local name=GEOBILL_API_$1; printf '%s' "${!name}"; }
run_of() { local name=GEOBILL_RUN_$1; printf '%s' "${!name}"; }
query() { # DC SQL: unaligned rows, as the operator
  local name=GEOBILL_PG_$1
  psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 -d "${!name}" -c "$2"
}
superuser() { # DC SQL
  local name=GEOBILL_PG_$1
  psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 -d "${!name/user=geobill_operator/user=postgres}" -c "$2"
}

# open_talks: one psql a datacenter that stays, for questions during a measurement: a new connection costs more than what
# it would look at. ask DC SQL: the one row of the answer.
declare -A talk_in=() talk_out=()
open_talks() {
  local dc name one two
  for dc in "${dcs[@]}"; do
    name=GEOBILL_PG_$dc
    mkfifo "$scratch/in.$dc" "$scratch/out.$dc"
    psql -X -q -A -t -F ' ' -d "${!name}" <"$scratch/in.$dc" >"$scratch/out.$dc" 2>&1 &
    exec {one}>"$scratch/in.$dc" {two}<"$scratch/out.$dc"
    talk_in[$dc]=$one talk_out[$dc]=$two
  done
}
ask() { # DC SQL
  local line
  printf '%s;\n' "$2" >&"${talk_in[$1]}"
  read -r -t 30 line <&"${talk_out[$1]}" || die "PostgreSQL of $1 does not answer"
  echo "$line"
}

# What the figures depend on.
print_machine() {
  printf 'machine: %s x %s, kernel %s, load average before: %s\n' "$(nproc)" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r)" "$(cut -d' ' -f1-3 /proc/loadavg)"
  printf 'PostgreSQL %s, fsync %s, synchronous_commit %s; Kafka %s; librdkafka %s; libmicrohttpd %s\n' \
    "$(query dc1 'SHOW server_version' | cut -d' ' -f1)" "$(query dc1 'SHOW fsync')" "$(query dc1 'SHOW synchronous_commit')" \
    "$(find "$root/.cache/kafka" -name 'kafka-clients-*.jar' -printf '%f' | sed 's/.*-\([0-9.]*\)\.jar/\1/')" \
    "$(pkg-config --modversion rdkafka)" "$(pkg-config --modversion libmicrohttpd)"
  printf 'geobill %s, %s\n' "$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)" \
    "$("$GEOBILL_BIN/geobill" --version | head -n 1)"
}

wait_for() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1))
  until "${@:3}"; do
    ((SECONDS < until)) || die "waited $1 s in vain for $2"
    sleep 0.05
  done
}

# CPU so far in ticks: utime + stime of a process; with `all` also of its dead children.
ticks() { # PID [all]
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || { echo 0; return; }
  # shellcheck disable=SC2086
  set -- "${2-}" ${stat##*) }
  if [[ -n $1 ]]; then echo $((${13} + ${14} + ${15} + ${16})); else echo $((${13} + ${14})); fi
}

# PostgreSQL: one line for each process that lives: the role of a backend (several lines may have the same), the name of a
# background process; the rest (autovacuum workers and others that came and went) is `gone`.
postgres_snapshot() { # DC
  local pid all one master line
  local -A roles=()
  master=$(<"$(run_of "$1")/postgres.pid")
  while read -r pid line; do roles[$pid]=${line#geobill_}; done < <(query "$1" 'SELECT pid, usename FROM pg_stat_activity WHERE usename IS NOT NULL')
  all=$(ticks "$master" all)
  for pid in $(<"/proc/$master/task/$master/children"); do
    one=$(ticks "$pid")
    if [[ -z ${roles[$pid]-} ]]; then
      line=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || continue
      line=${line#postgres: }
      read -r line _ <<<"$line"
      roles[$pid]=$line
    fi
    [[ ${roles[$pid]} != operator ]] || continue
    echo "$1 postgres:${roles[$pid]} $one"
  done
  echo "$1 postgres:gone $((all - $(ticks "$master")))"
  echo "$1 postgres:postmaster $(ticks "$master")"
}

# Lines: DC PART TICKS
cpu_snapshot() {
  local dc part
  for dc in "${dcs[@]}"; do
    for part in api publisher consumer projector; do
      [[ ! -e $(run_of "$dc")/$part.stop ]] || continue
      echo "$dc $part $(ticks "$(<"$(run_of "$dc")/$part.pid")")"
    done
    postgres_snapshot "$dc"
    if [[ -e $(run_of "$dc")/kafka.pid ]]; then echo "$dc kafka $(ticks "$(<"$(run_of "$dc")/kafka.pid")")"; fi
  done
  if [[ -e $run/kafka.pid ]]; then echo "all kafka $(ticks "$(<"$run/kafka.pid")")"; fi
}

# cpu_report BEFORE AFTER ITEMS LOADER_CPU_US [LOADER]: microseconds of CPU an item, by part, and what each datacenter has
# of it. LOADER is what brought the items: "load generator" when not given.
cpu_report() {
  awk -v items="$3" -v tick="$tick_us" -v loader="$4" -v name_of_loader="${5:-load generator}" '
    FNR == NR { before[$1 " " $2] += $3; next }
    { after[$1 " " $2] += $3 }
    END {
      for (key in after) {
        split(key, word, " ")
        us = (after[key] - before[key]) * tick / items
        part[word[2]] += us
        where[word[2]] = where[word[2]] sprintf("  %s %.1f", word[1], us)
        total += us
      }
      part[name_of_loader] = loader / items
      total += loader / items
      for (name in part) if (part[name] >= 0.05) printf "%7.1f %3.0f%%  %-22s%s\n", part[name], part[name] / total * 100, name, where[name] | "sort -rn"
      close("sort -rn")
      printf "%7.1f 100%%  all\n", total
    }' "$1" "$2"
}

wal_bytes() { # DC
  query "$1" "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
}

# Values of the buckets of a histogram: lines LE COUNT (cumulative), and `sum`, `count`.
histogram() { # URL NAME
  curl -s -m 5 "$1/metrics" | sed -n "s/^$2_bucket{.*le=\"\([^\"]*\)\".*} \([0-9]*\)$/\1 \2/p;s/^$2_\(sum\|count\)\({.*}\)\? \([0-9.]*\)$/\1 \3/p"
}

# histogram_report BEFORE AFTER: one line: how many values up to which edge, and the mean.
histogram_report() {
  awk 'FNR == NR { before[$1] = $2; next }
    $1 == "sum" || $1 == "count" { whole[$1] = $2 - before[$1]; next }
    { now = $2 - before[$1]; if (now > last) printf " <=%s: %d", $1, now - last; last = now }
    END { if (whole["count"] > 0) printf "; mean %.1f of %d\n", whole["sum"] / whole["count"], whole["count"]; else print " none" }' "$1" "$2"
}

# A number of the load generator's result.
result() { # FILE NAME
  sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$1"
}
answer_p99() { result "$1" p99 | awk '{ print $1 / 1000 }'; } # FILE: ms
percentile() { # FILE SHARE: of sorted microseconds, as ms
  awk -v share="$2" '{ v[NR] = $1 } END { printf "%.1f", v[int((NR - 1) * share) + 1] / 1000 }' "$1"
}
