#!/usr/bin/env bash
# setup.sh [--tests|--docker]: installs what is missing and builds: Debian packages, Kafka's jars, the programs. --tests: what
# the tests and lints need, too. --docker: besides that a Docker engine and Compose, for the test of the containers. Never
# asks; a second run takes a second.
set -euo pipefail
# shellcheck source=folder.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/folder.sh"

packages=(build-essential cmake ninja-build pkg-config libpq-dev librdkafka-dev libavro-dev libjansson-dev libssl-dev
  libmicrohttpd-dev libcurl4-openssl-dev uthash-dev libsmartcols-dev libcmocka-dev
  python3-minimal postgresql-15 openjdk-17-jre-headless maven curl procps)
test_packages=(clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev llvm-14 cppcheck shellcheck kcat
  python3 python3-pytest python3-yaml)
docker_packages=(docker.io docker-compose debootstrap)
cluster_conf=/etc/postgresql-common/createcluster.conf
programs=(geobill geobill-api geobill-publisher geobill-consumer geobill-projector)

# logged NAME WHAT COMMAND...: the output goes to .cache/NAME.log; its end is shown on failure.
logged() {
  local log=$root/.cache/$1.log what=$2
  shift 2
  say "setup: $what"
  "$@" </dev/null >"$log" 2>&1 || {
    tail -n 20 -- "$log" >&2
    die "$what failed; log: $log"
  }
}

missing_packages() { # NAMES...
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) = installed ]] || echo "$name"
  done
}

# What root must do, as one shell text. Debian's package would start a cluster of its own if it were not told.
install_text() { # NAMES...
  printf '{ [ -e %s ] || { mkdir -p %s && echo create_main_cluster=false >%s; }; }' \
    "$cluster_conf" "${cluster_conf%/*}" "$cluster_conf"
  printf ' && export DEBIAN_FRONTEND=noninteractive && apt-get -q -o DPkg::Lock::Timeout=120 update'
  printf ' && apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends %s' "$*"
}

install_packages() { # NAMES...
  local missing text as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  text=$(install_text "${missing[@]}")
  if ((UID != 0)); then
    as_root=(sudo -n)
    if ! sudo -n true 2>/dev/null; then
      say 'setup: these packages are missing, and there is neither root nor sudo without a password; run as root:'
      say "  $text"
      exit 1
    fi
  fi
  logged packages "installing with apt: ${missing[*]}" "${as_root[@]}" sh -c "$text"
}

jars_complete() { # FOLDER
  [[ $(cd -- "$1" 2>/dev/null && ls) = "$(awk '{ print $2 }' "$native/kafka.sha256")" ]] &&
    (cd -- "$1" && sha256sum --status -c "$native/kafka.sha256")
}

# Downloaded into a new folder, checked, then put in place.
install_jars() {
  local jars=$root/.cache/kafka
  ! jars_complete "$jars" || return 0
  rm -rf -- "$jars.new"
  logged kafka "fetching Kafka's jars with Maven" mvn -q -B -f "$native/pom.xml" \
    dependency:copy-dependencies "-DoutputDirectory=$jars.new"
  jars_complete "$jars.new" || die "the jars in $jars.new are not those of $native/kafka.sha256"
  rm -rf -- "$jars"
  mv -- "$jars.new" "$jars"
}

build_programs() {
  cd -- "$root"
  [[ -e build/release/build.ninja ]] || logged configure 'configuring the build' cmake --preset release
  if [[ -t 2 ]]; then
    cmake --build --preset release --target "${programs[@]}" >&2
  else
    logged build 'building what has changed' cmake --build --preset release --target "${programs[@]}"
  fi
}

mkdir -p -- "$root/.cache"
exec 9>>"$root/.cache/lock"
flock -w 900 9 || die 'waited in vain for another ./stack setup in this clone'
want=("${packages[@]}")
case ${1-} in
  '') ;;
  --tests) want+=("${test_packages[@]}") ;;
  --docker) want+=("${test_packages[@]}" "${docker_packages[@]}") ;;
  *) usage_error "setup: unknown argument $1" ;;
esac
install_packages "${want[@]}"
install_jars
build_programs
