# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# postgres.sh: one PostgreSQL per datacenter. Sourced after folder.sh and process.sh.
#
# As root the cluster belongs to user postgres and lives in the short folder, linked from DIR/<dc>/pg: that user cannot
# enter /root. An ordinary user's cluster is in DIR/<dc>/pg itself.
postgres_bin=/usr/lib/postgresql/15/bin
postgres_roles=(geobill geobill_api geobill_publisher geobill_consumer geobill_projector geobill_operator)

# Runs COMMAND as the cluster's user; execs nothing in between, so a pid is the program's.
as_postgres=()
if ((UID == 0)); then as_postgres=(setpriv --reuid postgres --regid postgres --init-groups --); fi

postgres_create() { # DC
  local dc=$1 sockets=$short/$1 data=$run/$1/pg
  mkdir -p -- "$run/$dc" "$sockets"
  if ((UID == 0)); then
    data=$short/$dc/pg
    chown postgres: "$sockets"
    ln -sfnT -- "$data" "$run/$dc/pg"
  fi
  if [[ ! -e $data/PG_VERSION ]]; then
    rm -rf -- "$data.new" "$data"
    "${as_postgres[@]}" "$postgres_bin/initdb" -D "$data.new" -U postgres -A trust --no-locale -E UTF8 --no-sync \
      --no-instructions >"$run/$dc/initdb.log" 2>&1 || die "initdb of $dc failed; log: $run/$dc/initdb.log"
    echo "include 'geobill.conf'" >>"$data.new/postgresql.conf"
    mv -- "$data.new" "$data"
  fi
  postgres_settings "$dc" >"$data/geobill.conf"
}

# Durable as in production (fsync and synchronous_commit stay on); small enough for several on one machine.
postgres_settings() { # DC
  cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = ${port[$1/postgres]}
unix_socket_directories = '$short/$1'
max_connections = 100
shared_buffers = 128MB
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
autovacuum_naptime = 10s
log_line_prefix = '%m [%p] %q%u@%d '
SETTINGS
}

# A backend gives its memory back after every statement and takes it anew for the next, page by page: a seventh of the CPU
# of a small statement. It may keep some.
postgres_memory=(MALLOC_TOP_PAD_=1048576 MALLOC_TRIM_THRESHOLD_=67108864)

postgres_command() {
  command=("${as_postgres[@]}" env "${postgres_memory[@]}" "$postgres_bin/postgres" -D "$(readlink -f -- "$folder/pg")")
}

# Before a start: the backends of a killed postmaster must be gone (they hold its shared memory), and its pid file, unless
# a living process is named in it.
postgres_ready() {
  local data deadline=$((SECONDS + 10)) left
  data=$(readlink -f -- "$folder/pg")
  while left=$(postgres_processes) && [[ -n $left ]]; do
    # shellcheck disable=SC2086
    kill -s CONT $left 2>/dev/null || true
    if ((SECONDS >= deadline)); then
      # shellcheck disable=SC2086
      kill -s KILL $left 2>/dev/null || true
    fi
    rest 0.05
  done
  local pid=''
  { read -r pid <"$data/postmaster.pid"; } 2>/dev/null || true
  if [[ -n $pid ]] && ! process_born "$pid"; then rm -f -- "$data/postmaster.pid"; fi
}

postgres_answers() { # DC
  "$postgres_bin/pg_isready" -q -U postgres -d postgres -h "$short/$1" -p "${port[$1/postgres]}"
}

postgres_superuser() { # DC DATABASE ARGUMENTS...
  psql -X -q -v ON_ERROR_STOP=1 -h "$short/$1" -p "${port[$1/postgres]}" -U postgres -d "$2" "${@:3}"
}

# The login roles and the database, once. The owner is no superuser.
postgres_fill() { # DC
  local role
  if [[ $(postgres_superuser "$1" postgres -At -c "SELECT 1 FROM pg_database WHERE datname = 'geobill'") = 1 ]]; then return 0; fi
  for role in "${postgres_roles[@]}"; do
    echo "SELECT 'CREATE ROLE $role LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') \\gexec"
  done | postgres_superuser "$1" postgres
  postgres_superuser "$1" postgres -c 'CREATE DATABASE geobill OWNER geobill'
}
