#!/usr/bin/env bash
# docker.sh up|demo|down|cut|join: three datacenters in containers (compose/compose.yaml). Needs a Docker engine and Compose,
# 1.29 or 2.
set -euo pipefail
native=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../native" && pwd -P)
root=$(cd -- "$native/../.." && pwd -P)
# shellcheck source=../native/say.sh
. "$native/say.sh"
# shellcheck source=../native/client.sh
. "$native/client.sh"
# shellcheck source=../native/story.sh
. "$native/story.sh"
# shellcheck source=cut.sh
. "$root/compose/docker/cut.sh"
export LC_ALL=C

ready_within_s=180
agree_within_s=30
project=${GEOBILL_PROJECT:-geobill}
brokers='' # one, per-dc
export GEOBILL_SECRETS=${GEOBILL_SECRETS:-$root/compose/secrets}
secrets=(postgres geobill geobill_api geobill_publisher geobill_consumer geobill_projector geobill_operator)
parts=(api publisher consumer projector)

usage() {
  cat <<'TEXT'
usage: ./stack docker COMMAND

  up [--brokers one|per-dc] [--wait-s N]
               make secrets and the image, start three datacenters, wait until all are healthy
  demo         the story of ./stack demo, in containers of its own, gone again
  cut DC       take a datacenter's containers out of the network between the datacenters
  join DC      and back
  geobill DC COMMAND...
               the operator's tool: ./stack docker geobill dc1 status
  test         builds stand-ins for the official images from Debian's packages, in an engine of its own, and tries all of
               the above (as root; installs docker.io, docker-compose and debootstrap)
  down [--wipe]
               stop and remove the containers; --wipe removes volumes and secrets too

  $GEOBILL_PROJECT names the containers (geobill); $GEOBILL_SECRETS is the folder of the secrets (compose/secrets).
TEXT
}

# Sets `compose`, for the stack as it was started unless `brokers` says otherwise: version 2 is a part of docker, 1.29 a program of its own.
find_compose() {
  local files=(-f "$root/compose/compose.yaml")
  docker version >/dev/null 2>&1 || die 'no Docker engine answers (docker version); is dockerd running, and may you use it?'
  if [[ -z $brokers ]]; then if has_brokers; then brokers=per-dc; else brokers=one; fi; fi
  [[ $brokers = one ]] || files+=(-f "$root/compose/compose.brokers.yaml")
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose -p "$project" "${files[@]}")
  elif command -v docker-compose >/dev/null; then
    compose=(docker-compose -p "$project" "${files[@]}")
  else
    die 'no Compose: install docker-compose, or the compose plugin of docker'
  fi
}

dcs() { printf 'dc%d\n' 1 2 3; }
api_url() { printf 'http://%s' "$(docker port "$(container "api-$1")" 8080/tcp)"; }
geobill() { "${compose[@]}" run --rm -T operator "$@" 2>"$folder/operator.log"; }
container() { # SERVICE
  docker ps -q --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"
}

# A file each, readable for the containers' users; the folder around them is not.
make_secrets() {
  local name
  mkdir -p -- "$GEOBILL_SECRETS"
  chmod 700 -- "$GEOBILL_SECRETS"
  for name in "${secrets[@]}"; do
    [[ ! -s $GEOBILL_SECRETS/$name ]] || continue
    head -c 24 /dev/urandom | base64 -w0 | tr '+/' 'ab' >"$GEOBILL_SECRETS/$name.new"
    chmod 444 -- "$GEOBILL_SECRETS/$name.new"
    mv -- "$GEOBILL_SECRETS/$name.new" "$GEOBILL_SECRETS/$name"
  done
}

make_image() {
  [[ -z ${GEOBILL_IMAGE_READY-} ]] || return 0
  say 'docker: building the image geobill (the first time some minutes)'
  docker build -q -f "$root/compose/docker/Dockerfile" -t geobill "$root" >/dev/null
}

healthy() {
  local id state
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project"); do
    state=$(docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}} {{.State.ExitCode}}{{end}}' "$id")
    [[ $state = healthy || $state = 'exited 0' ]] || return 1
  done
}

start() {
  local dc
  make_secrets
  make_image
  say 'docker: starting three datacenters'
  "${compose[@]}" up -d >"$folder/up.log" 2>&1 || {
    tail -n 5 -- "$folder/up.log" >&2
    die 'compose up failed'
  }
  wait_until "$ready_within_s" 'all containers to be healthy' "docker-compose -p $project logs" healthy
  # With the API's own password: what writes the catalogue does it as the API.
  client_create "$GEOBILL_SECRETS/token" demo admin docker exec "$(container api-dc1)" geobill
  for dc in $(dcs); do wait_until 60 "the API client to be known at $dc" "docker-compose -p $project logs" client_known "$GEOBILL_SECRETS/token" "$(api_url "$dc")"; done
}

remove() { "${compose[@]}" down -t 20 "$@" >"$folder/down.log" 2>&1 || die "compose down failed: $(tail -n 3 -- "$folder/down.log")"; }

demo() {
  local began=$SECONDS
  project=geobill-demo-$$ GEOBILL_SECRETS=$folder/secrets
  export GEOBILL_PORT_DC1=0 GEOBILL_PORT_DC2=0 GEOBILL_PORT_DC3=0
  find_compose
  trap 'remove -v; rm -rf -- "$folder"' EXIT
  start
  folder_of_demo=$folder token=$(<"$GEOBILL_SECRETS/token")
  tell "three datacenters are up, each with its own PostgreSQL, joined by Kafka: $(for dc in $(dcs); do printf '%s ' "$(api_url "$dc")"; done)"
  tell_story
  tell "all of it in containers, now removed; $((SECONDS - began)) s"
}

up() {
  while (($#)); do
    case $1 in
      --brokers) brokers=${2-} ;;
      --wait-s) ready_within_s=${2-} ;;
      *) usage_error "docker up: unknown argument $1" ;;
    esac
    shift 2 || usage_error 'docker up: --brokers and --wait-s need a value'
  done
  [[ ${brokers:-one} =~ ^(one|per-dc)$ ]] || usage_error '--brokers: one or per-dc'
  find_compose
  start
  say "up: three datacenters; APIs: $(for dc in $(dcs); do printf '%s ' "$(api_url "$dc")"; done)"
  say "the API client's token: $GEOBILL_SECRETS/token"
}

down() {
  brokers=per-dc # all that there may be
  find_compose
  if [[ ${1-} = --wipe ]]; then
    remove -v
    rm -rf -- "$GEOBILL_SECRETS"
  else
    (($# == 0)) || usage_error "docker down: unknown argument $1"
    remove
  fi
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/geobill-docker.XXXXXX")
trap 'rm -rf -- "$folder"' EXIT
case ${1:-} in
  up | down) "$@" ;;
  demo)
    (($# == 1)) || usage_error 'docker demo takes no arguments'
    demo
    ;;
  cut | join)
    (($# == 2)) || usage_error "docker $1 DC"
    find_compose
    if [[ $1 = cut ]]; then each_service "$2" leave; else each_service "$2" enter; fi
    ;;
  test)
    (($# == 1)) || usage_error 'docker test takes no arguments'
    exec "$native/test.sh" docker
    ;;
  geobill)
    find_compose
    "${compose[@]}" run --rm operator "${@:2}"
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
