#!/usr/bin/env bash
# logs.sh [-f] [DC] [PART] [--run DIR]: the last lines of the logs; -f follows them.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

lines=20
need_folder "$@"
follow=() dc='' part=''
for word in "${args[@]}"; do
  case $word in
    -f) follow=(-F) ;;
    dc*) dc=$word ;;
    *) part=$word ;;
  esac
done
files=()
while read -r of name; do
  [[ -z $part || $part = "$name" ]] || continue
  [[ -z $dc || $dc = "$of" || $name = kafka && $of = all ]] || continue
  part_at "$of" "$name"
  [[ ! -e $folder/$name.log ]] || files+=("$folder/$name.log")
done < <(parts)
((${#files[@]})) || die "no logs of ${dc:-any datacenter} ${part:-any part} in $run"
if ((${#files[@]} == 1)); then lines=100; fi
exec tail -n "$lines" "${follow[@]}" -- "${files[@]}"
