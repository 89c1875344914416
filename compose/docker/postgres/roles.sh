#!/usr/bin/env bash
# roles.sh: run once by PostgreSQL's image in an empty data folder: geobill's login roles, with their passwords from the
# secrets, and its database. The owner is no superuser.
set -euo pipefail
for role in geobill geobill_api geobill_publisher geobill_consumer geobill_projector geobill_operator; do
  psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres <<SQL
\\set password \`cat /run/secrets/$role\`
CREATE ROLE $role LOGIN PASSWORD :'password';
SQL
done
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -c 'CREATE DATABASE geobill OWNER geobill'
