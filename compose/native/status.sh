#!/usr/bin/env bash
# status.sh [--run DIR]: one line per part, then what the datacenters say of themselves. Exit 1 when a part is not up.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

# Sets `up` to one word on how the part is.
look_at() { # DC PART
  up=yes
  if ! program_of "$2"; then
    if [[ -e $folder/$2.stop ]]; then up=stopped; elif supervisor_of "$2"; then up=restarting; else up=down; fi
    pid=-
  elif [[ $state = T ]]; then
    up=paused
  elif ! part_ready "$1" "$2"; then
    up='not ready'
  fi
}

need_folder "$@"
((${#args[@]} == 0)) || usage_error "status: unknown argument ${args[*]}"
result=0
printf '%-5s %-10s %8s %9s %6s  %s\n' DC PART PID RESTARTS PORT UP
while read -r dc part; do
  part_at "$dc" "$part"
  look_at "$dc" "$part"
  [[ $up = yes ]] || result=1
  restarts=$(cat -- "$folder/$part.restarts" 2>/dev/null) || restarts=-
  printf '%-5s %-10s %8s %9s %6s  %s\n' "$dc" "$part" "$pid" "$restarts" "${port[$owner/$part]}" "$up"
done < <(parts)
if [[ -x ${shape[bin]}/geobill ]]; then
  echo
  geobill dc1 status || result=1
fi
exit "$result"
