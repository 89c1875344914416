# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# programs.sh: geobill's daemons, their configuration file, and every call of the geobill command line. Sourced after folder.sh.
program_command() { command=("${shape[bin]}/geobill-$part" --config "$run/$dc/geobill.ini"); }

# Where the daemons of a datacenter find everything; one file for all of them and the command line.
programs_configure() { # DC
  local dc=$1 other
  {
    printf '[datacenter]\ncode=%s\ncatalogue=dc1\n\n' "$dc"
    printf '[postgres]\nconninfo=host=%s port=%s dbname=geobill\n\n' "$short/$dc" "${port[$dc/postgres]}"
    for other in $(dcs); do
      printf '[kafka.%s]\nbootstrap.servers=%s\n\n' "$other" "$(kafka_address "$other")"
    done
    for other in $(dcs); do
      [[ $other != "$dc" ]] || continue
      printf '[peer.%s]\napi=%s\nconninfo=%s\n\n' "$other" "$(api_url "$other")" "$(operator_conninfo "$other")"
    done
    printf '[topics]\npartitions=4\nreplication=1\n\n'
    printf '[api]\nlisten=127.0.0.1:%s\n\n' "${port[$dc/api]}"
    printf '[publisher]\nwake=unix:%s\nlisten=127.0.0.1:%s\n\n' "$short/$dc/wake" "${port[$dc/publisher]}"
    printf '[consumer]\nlisten=127.0.0.1:%s\n\n' "${port[$dc/consumer]}"
    printf '[projector]\nlisten=127.0.0.1:%s\n' "${port[$dc/projector]}"
  } >"$run/$dc/geobill.ini.new"
  mv -f -- "$run/$dc/geobill.ini.new" "$run/$dc/geobill.ini"
}

api_url() { printf 'http://127.0.0.1:%s' "${port[$1/api]}"; }
operator_conninfo() { printf 'host=127.0.0.1 port=%s dbname=geobill user=geobill_operator' "${port[$1/postgres]}"; }
kafka_address() { # DC
  local owner folder
  part_at "$1" kafka
  printf '127.0.0.1:%s' "${port[$owner/kafka]}"
}

geobill() { # DC COMMAND...
  "${shape[bin]}/geobill" --config "$run/$1/geobill.ini" "${@:2}"
}

# The schema and the topics of a datacenter; both commands do nothing the second time.
programs_prepare() { # DC
  local log=$run/$1/prepare.log
  {
    geobill "$1" migrate && geobill "$1" topics create
  } >"$log" 2>&1 || {
    tail -n 5 -- "$log" >&2
    die "preparing $1 failed; log: $log"
  }
}

daemon_ready() { # DC PART
  [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' "http://127.0.0.1:${port[$1/$2]}/readyz") = 200 ]]
}

# part_ready DC PART: does it answer?
part_ready() {
  local owner folder
  case $2 in
    postgres) postgres_answers "$1" ;;
    kafka)
      part_at "$1" kafka
      kafka_answers "$owner"
      ;;
    *) daemon_ready "$1" "$2" ;;
  esac
}
