# shellcheck shell=bash
# parts.sh: everything a command needs that works on the parts of a stack. Sourced.
here=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=folder.sh
. "$here/folder.sh"
# shellcheck source=process.sh
. "$here/process.sh"
# shellcheck source=ports.sh
. "$here/ports.sh"
# shellcheck source=postgres.sh
. "$here/postgres.sh"
# shellcheck source=kafka.sh
. "$here/kafka.sh"
# shellcheck source=client.sh
. "$here/client.sh"
# shellcheck source=programs.sh
. "$here/programs.sh"
