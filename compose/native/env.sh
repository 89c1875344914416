#!/usr/bin/env bash
# env.sh [--write] [--run DIR]: shell variables that say where everything is; --write (for up) puts them into DIR/env.
set -euo pipefail
# shellcheck source=parts.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/parts.sh"

variables() {
  local dc
  printf 'GEOBILL_DCS="%s"\n' "$(dcs | xargs)"
  for dc in $(dcs); do
    printf 'GEOBILL_API_%s=%s\n' "$dc" "$(api_url "$dc")"
    printf 'GEOBILL_PG_%s="%s"\n' "$dc" "$(operator_conninfo "$dc")"
    printf 'GEOBILL_KAFKA_%s=%s\n' "$dc" "$(kafka_address "$dc")"
    printf "GEOBILL_RUN_%s='%s'\n" "$dc" "$run/$dc"
  done
  printf "GEOBILL_BIN='%s'\n" "${shape[bin]}"
  printf 'GEOBILL_TOKEN=%s\n' "$(cat -- "$run/token" 2>/dev/null)"
}

need_folder "$@"
if [[ ${args[*]-} = --write ]]; then
  (
    umask 077
    variables >"$run/env.new"
  )
  mv -f -- "$run/env.new" "$run/env"
else
  variables
fi
