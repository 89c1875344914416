#!/usr/bin/env bash
# An empty data folder is filled: initdb, the superuser's password, /docker-entrypoint-initdb.d; then the server.
set -euo pipefail
if [[ $(id -u) = 0 ]]; then
  chown postgres: "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  # shellcheck disable=SC2086 # options, separated by blanks, as in the official image
  initdb -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS-}
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
  pg_ctl -w -m fast stop
fi
exec "$@" -c listen_addresses='*'
