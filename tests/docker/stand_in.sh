#!/usr/bin/env bash
# stand_in.sh FOLDER: stand-ins for the images that compose/ names, made of Debian's packages and Kafka's jars and tagged like
# them, for where no image registry can be reached: debian:bookworm-slim, postgres:15, apache/kafka. They obey the environment
# variables that compose.yaml uses, and no others. FOLDER keeps the base system for the next time. As root, with a Docker engine.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$here/../.." && pwd -P)
keep=$1
kafka_image=$(sed -n 's/^ *image: \(apache\/kafka:.*\)/\1/p' "$root/compose/compose.yaml")

has() { docker image inspect "$1" >/dev/null 2>&1; }

# The machine's own source of Debian packages.
mirror() {
  sed -n 's/^URIs: *\(http[^ ]*debian\)\/* *$/\1/p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*debian\)\/* .*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1
}

base() {
  if [[ ! -e $keep/base.tar ]]; then
    rm -rf -- "$keep/base"
    debootstrap --variant=minbase bookworm "$keep/base" "$(mirror)" >"$keep/debootstrap.log" 2>&1 || {
      tail -n 5 "$keep/debootstrap.log" >&2
      exit 1
    }
    tar -C "$keep/base" -cf "$keep/base.tar.new" .
    mv -- "$keep/base.tar.new" "$keep/base.tar"
    rm -rf -- "$keep/base"
  fi
  docker import "$keep/base.tar" debian:bookworm-slim >/dev/null
}

build() { # TAG FOLDER
  docker build -q --network host -t "$1" "$2" >/dev/null
}

mkdir -p -- "$keep"
has debian:bookworm-slim || base
has postgres:15 || build postgres:15 "$here/postgres"
has "$kafka_image" || {
  mkdir -p -- "$keep/kafka"
  cp -r -- "$here/kafka/." "$keep/kafka/"
  rm -rf -- "$keep/kafka/libs"
  cp -r -- "$root/.cache/kafka" "$keep/kafka/libs"
  build "$kafka_image" "$keep/kafka"
}
# Ours, built from the Dockerfile as it stands; its packages come by the machine's way.
docker build -q --network host -f "$root/compose/docker/Dockerfile" -t geobill "$root" >/dev/null
