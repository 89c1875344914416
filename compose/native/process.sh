# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# process.sh: which process is ours, and signals to it. Sourced after folder.sh.
#
# <part>.pid is for people and tests. We ourselves trust <part>.process only: pid, start time and boot, so that a pid that
# was given to somebody else is never taken for ours. A zombie counts as gone (a container's first process may not reap).

boot=$(</proc/sys/kernel/random/boot_id)

# Sets `born` to what tells this process from a later one with the same pid; fails when it is gone.
process_born() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [[ $1 != Z && $1 != X ]] || return 1
  # shellcheck disable=SC2034
  state=$1 born=${20}-$boot
}

# remember_process FILE PID
remember_process() {
  local born state
  process_born "$2" || born=gone
  printf '%s %s\n' "$2" "$born" >"$1.new"
  mv -f -- "$1.new" "$1"
}

# process_of FILE: sets `pid` and `state` (R, S, T …) when the process of the file is alive, otherwise fails.
process_of() {
  local known born
  pid='' state=''
  { read -r pid known <"$1"; } 2>/dev/null || return 1
  process_born "$pid" && [[ $born = "$known" ]]
}

# The program, and its supervisor, of a part in `folder`.
program_of() { process_of "$folder/$1.process"; }
supervisor_of() { process_of "$folder/$1.supervisor"; }

# PostgreSQL's backends keep the data folder as their working directory: all processes of a cluster, also of a dead postmaster.
postgres_processes() {
  local data
  data=$(readlink -f -- "$folder/pg") || return 0
  # find complains about processes that end while it looks
  { find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -printf '%h %l\n' 2>/dev/null || true; } |
    while read -r process cwd; do
      if [[ $cwd = "$data" && $(cat "$process/comm" 2>/dev/null) = postgres ]]; then
        ! process_born "${process#/proc/}" || echo "${process#/proc/}"
      fi
    done
}

# signal_part SIGNAL PART: to the program; STOP and CONT go to all processes of a PostgreSQL.
signal_part() {
  local one
  program_of "$2" || return 1
  kill -s "$1" "$pid" 2>/dev/null || return 1
  if [[ $2 = postgres && ($1 = STOP || $1 = CONT) ]]; then
    for one in $(postgres_processes); do kill -s "$1" "$one" 2>/dev/null || true; done
  fi
}

# Starts the supervisor of a part, if it has none, in a session of its own.
start_part() {
  local owner folder pid state
  part_at "$1" "$2"
  ! supervisor_of "$2" || return 0
  if program_of "$2"; then kill_part "$1" "$2"; fi
  rm -f -- "$folder/$2.stop"
  setsid "$native/supervise.sh" --run "$run" "$owner" "$2" </dev/null >>"$folder/$2.log" 2>&1 &
  wait_until 20 "the supervisor of $1 $2" "$folder/$2.log" supervisor_of "$2"
}

# stop_part DC PART SECONDS: asks for a stop and waits until the program and its supervisor are gone.
stop_part() {
  local owner folder pid state told='' deadline=$((SECONDS + $3)) signal=TERM
  part_at "$1" "$2"
  [[ $2 != postgres ]] || signal=INT
  [[ ! -d $folder ]] || : >"$folder/$2.stop"
  while :; do
    if program_of "$2"; then
      # each program once: the supervisor may just have started a new one
      if [[ $pid != "$told" ]]; then kill -s "$signal" "$pid" 2>/dev/null && told=$pid; fi
      signal_part CONT "$2" || true
    elif ! supervisor_of "$2"; then
      return 0
    fi
    if ((SECONDS >= deadline)); then return 1; fi
    rest 0.05
  done
}

# kill_part DC PART: ends a part for good by force, with what is left of a PostgreSQL.
kill_part() {
  local owner folder pid state one
  part_at "$1" "$2"
  : >"$folder/$2.stop"
  signal_part KILL "$2" || true
  if [[ $2 = postgres ]]; then
    for one in $(postgres_processes); do kill -s KILL "$one" 2>/dev/null || true; done
  fi
  stop_part "$1" "$2" 10
}
