# shellcheck shell=bash
# client.sh: clients of the API that a script makes for itself. Sourced after what has `die`.

# client_create FILE NAME ROLE GEOBILL...: makes the client once, by GEOBILL, which calls the command line at the catalogue
# datacenter dc1. Its token is shown once, so it is kept in FILE.
client_create() {
  local file=$1 answer
  [[ ! -s $file ]] || return 0
  answer=$("${@:4}" --output json client add "$2" --role "$3" --home dc1) || die "making the API client $2 failed"
  (
    umask 077
    sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' <<<"$answer" | head -n 1 >"$file.new"
  )
  [[ -s $file.new ]] || die "no token in the answer: $answer"
  mv -f -- "$file.new" "$file"
}

# client_known FILE URL: the client is a catalogue item: each API knows it once it has been replicated.
client_known() {
  [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(<"$1")" "$2/v1/accounts?limit=1") = 200 ]]
}
