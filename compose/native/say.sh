# shellcheck shell=bash
# say.sh: words to the user, and waiting with a deadline. Sourced.

say() { printf '%s\n' "$*" >&2; }

die() {
  say "stack: $*"
  exit 1
}

usage_error() {
  say "stack: $*"
  exit 2
}

# One line that is overwritten on a terminal; nothing elsewhere.
progress() {
  if [[ -t 2 ]]; then printf '\r\033[K%s' "$*" >&2; fi
}
progress_end() { progress ''; }

# rest SECONDS: sleeps without a process of its own, by waiting on a pipe that nobody writes to.
exec {idle}<> <(:)
rest() { read -rt "$1" -u "$idle" _ || true; }

# wait_until SECONDS WHAT LOG COMMAND...: tries COMMAND ten times a second until it succeeds. When the time is over: says
# what was waited for and where the log is, returns 1.
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2 log=$3
  shift 3
  until "$@"; do
    if ((SECONDS >= deadline)); then
      progress_end
      say "stack: waited in vain for $what; log: $log"
      return 1
    fi
    progress "waiting for $what"
    rest 0.1
  done
  progress_end
}

# join SEPARATOR WORD...
join() {
  local separator=$1 text=${2-}
  shift 2 || return 0
  printf '%s' "$text" "${@/#/$separator}"
}
