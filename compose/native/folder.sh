# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# folder.sh: what a run folder is and remembers. Sourced; `open_folder "$@"` takes --run DIR out of the arguments.
#
#   DIR/shape           dcs=3, brokers=one, bin=..., short=...
#   DIR/env, DIR/token  for users (see env.sh)
#   DIR/<dc>/           geobill.ini, <part>.pid, <part>.log, pg/, wake socket's link
#   DIR/kafka*          the one broker; with a broker per datacenter it is in DIR/<dc>/
#   short               a short path that PostgreSQL's user can enter: sockets, ports, as root also pg/
native=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$native/../.." && pwd -P)
# shellcheck source=say.sh
. "$native/say.sh"
export LC_ALL=C

daemons=(api publisher consumer projector)
short_base=/var/tmp
run=$root/.run # the run folder
args=()        # what is left of the arguments
declare -A shape=() port=()

open_folder() {
  while (($#)); do
    case $1 in
      --run)
        [[ -n ${2-} ]] || usage_error '--run needs a folder'
        run=$2
        shift
        ;;
      --run=?*) run=${1#--run=} ;;
      *) args+=("$1") ;;
    esac
    shift
  done
  run=$(realpath -m -- "$run")
  [[ $run != *$'\n'* && $run != *"'"* ]] || usage_error 'the run folder must not have quotes or newlines in its name'
  read_shape
}

# The shape of a folder that is there; everything else but `up` needs one.
need_folder() {
  open_folder "$@"
  [[ -n ${shape[dcs]-} ]] || die "no stack in $run (start one: ./stack up --run $run)"
}

read_shape() {
  local key value
  shape=()
  if [[ -r $run/shape ]]; then
    while IFS='=' read -r key value; do shape[$key]=$value; done <"$run/shape"
    short=${shape[short]}
    read_ports
  fi
}

write_shape() {
  local key
  for key in dcs brokers bin short; do printf '%s=%s\n' "$key" "${shape[$key]}"; done >"$run/shape.new"
  mv -f -- "$run/shape.new" "$run/shape"
}

# Names of ports are `dc1 api`, `dc1 kafka`, `all kafka`; the file is in the short folder, where other stacks can read it.
read_ports() {
  local dc part number
  port=()
  [[ -r $short/ports ]] || return 0
  while read -r dc part number; do port[$dc/$part]=$number; done <"$short/ports"
}

# Makes the short folder of a new run folder; refuses one that somebody else has put there.
make_short() {
  local hash
  hash=$(printf '%s' "$UID:$run" | sha256sum)
  short=${shape[short]:-$short_base/geobill-${hash:0:10}}
  mkdir -p -- "$run" "$short"
  [[ -O $short && ! -L $short ]] || die "$short belongs to somebody else"
  chmod 755 -- "$short"
  printf '%s\n' "$run" >"$short/run"
  shape[short]=$short
}

dcs() {
  local number
  for ((number = 1; number <= shape[dcs]; number++)); do printf 'dc%d\n' "$number"; done
}

# part_at DC PART: sets `folder` (where its files are) and `owner` (dc, or `all` for the one broker).
part_at() {
  owner=$1 folder=$run/$1
  if [[ $2 = kafka && ${shape[brokers]} = one ]]; then owner=all folder=$run; fi
}

# All parts as lines `DC PART`, in the order of starting. The one broker is `all kafka`.
parts() {
  local dc part
  if [[ ${shape[brokers]} = one ]]; then echo 'all kafka'; fi
  for dc in $(dcs); do
    if [[ ${shape[brokers]} != one ]]; then echo "$dc kafka"; fi
    echo "$dc postgres"
  done
  for dc in $(dcs); do
    for part in "${daemons[@]}"; do echo "$dc $part"; done
  done
}

# lock_folder: one `up` or `down` at a time. What is started closes the descriptor (supervise.sh).
lock_folder() {
  mkdir -p -- "$run"
  exec 9>>"$run/lock"
  flock -w 120 9 || die "another ./stack up or down is at work in $run"
}
