# shellcheck shell=bash disable=SC2154 # variables are shared with who sources this
# cut.sh: a datacenter is taken out of the network between the datacenters, and put back; a consumer is killed. Sourced by
# docker.sh.

# Has each datacenter a broker of its own?
has_brokers() { [[ -n $(container kafka-dc2) ]]; }

# The services of a datacenter that are in the network between the datacenters: its daemons, and its broker where each has one.
services_of() { # DC
  printf '%s\n' "${parts[@]/%/-$1}"
  has_brokers || return 0
  if [[ $1 = dc1 ]]; then echo kafka; else echo "kafka-$1"; fi
}
each_service() { # DC COMMAND...: COMMAND SERVICE CONTAINER
  local service
  [[ $1 =~ ^dc[123]$ ]] || usage_error "docker: no datacenter $1 (dc1, dc2 or dc3)"
  for service in $(services_of "$1"); do "${@:2}" "$service" "$(container "$service")"; done
}
leave() { docker network disconnect "${project}_wan" "$2"; }
enter() { docker network connect --alias "$1" "${project}_wan" "$2"; }

kill_consumer() { # DC: the program in the container, so that the engine starts it again
  docker exec "$(container "consumer-$1")" bash -c \
    'for process in /proc/[0-9]*; do [[ $(<"$process/comm") != geobill-consum* ]] || kill -KILL "${process#/proc/}"; done'
}
cut_off_dc3() { each_service dc3 leave; }
join_dc3() { each_service dc3 enter; }
how_cut() { echo "dc3's containers are taken out of the network between the datacenters"; }
