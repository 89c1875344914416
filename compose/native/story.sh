# shellcheck shell=bash disable=SC2154 # variables are shared with who sources this
# story.sh: what the demo tells, step by step, with real numbers; dies at the first step that does not come out right. Sourced
# after say.sh by what started a stack, which has set
#   folder_of_demo, token, agree_within_s     a folder for answers; the API client's token
# and has the functions
#   dcs, api_url DC, geobill DC COMMAND...
#   kill_consumer DC                          kill -9; whoever supervises it starts it again
#   cut_off_dc3, join_dc3, how_cut            no way between dc3 and the others, and back; in words
step=0

tell() { printf '%2d  %s\n' $((++step)) "$*"; }

# expect WHAT GOT WANTED
expect() { [[ $2 = "$3" ]] || die "$1: expected $3, got $2; last answer: $code $(cat -- "$folder_of_demo/body")"; }

# call DC METHOD PATH [CURL OPTIONS]: sets `code`; the answer is in the files body and headers.
call() {
  code=$(curl -s -m 20 -X "$2" -D "$folder_of_demo/headers" -o "$folder_of_demo/body" -w '%{http_code}' \
    -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "${@:4}" "$(api_url "$1")$3") ||
    die "$2 $3 at $1: no answer (curl $?)"
}

# The first number, or text, of that name in the answer; PATTERN may name the object it is in.
number_of() { sed -En "s/.*\"$1\"[^0-9-]*(-?[0-9]+).*/\\1/p" "$folder_of_demo/body" | head -n 1; }
text_of() { sed -En "s/.*\"$1\": *\"([^\"]*)\".*/\\1/p" "$folder_of_demo/body" | head -n 1; }
total_of() { sed -En 's/.*"total": *\{[^}]*"minor_units": *(-?[0-9]+).*/\1/p' "$folder_of_demo/body"; }
money() { printf '%d.%02d EUR' $(($1 / 100)) $(($1 % 100)); }

pay_in() { # DC KEY MINOR_UNITS [CURL OPTIONS]
  call "$1" POST /v1/pay-ins -H "Idempotency-Key: $2" "${@:4}" \
    -d "{\"account_id\":\"ada\",\"amount\":{\"minor_units\":$3,\"currency\":\"EUR\"},\"reference\":\"demo\"}"
}

pay_out() { # DC KEY MINOR_UNITS DEADLINE_MS
  call "$1" POST /v1/pay-outs -H "Idempotency-Key: $2" \
    -d "{\"deadline_ms\":$4,\"account_id\":\"ada\",\"amount\":{\"minor_units\":$3,\"currency\":\"EUR\"},\"reference\":\"demo\"}"
}

account_known() { # DC
  call "$1" GET /v1/accounts/ada
  [[ $code = 200 ]]
}

totals_are() { # MINOR_UNITS
  local dc
  totals=()
  for dc in $(dcs); do
    call "$dc" GET /v1/accounts/ada/balance
    totals+=("$(total_of)")
  done
  [[ ${totals[*]} = "$1 $1 $1" ]]
}

all_agree() { # MINOR_UNITS
  wait_until "$agree_within_s" "$(money "$1") at all three datacenters" "$folder_of_demo" totals_are "$1" ||
    die "the datacenters say: ${totals[*]}"
}

tell_story() {
  local amounts number amount dc paid
  call dc2 POST /v1/accounts -H 'Idempotency-Key: dc1:open-ada' -d '{"account_id":"ada","name":"Ada","currency":"EUR"}'
  expect 'opening the account' "$code" 201
  for dc in $(dcs); do wait_until "$agree_within_s" "account ada at $dc" "$folder_of_demo" account_known "$dc"; done
  tell 'account ada was opened at dc2, written at the catalogue datacenter dc1, and is known at dc1, dc2 and dc3'

  amounts=(5000 3000 2050)
  for number in 1 2 3; do
    amount=${amounts[number - 1]}
    pay_in "dc$number" "dc$number:salary-1" "$amount" -H 'Prefer: wait=10'
    expect "pay-in at dc$number" "$code $(text_of state)" '200 BOOKED'
    tell "paid in $(money "$amount") at dc$number with key dc$number:salary-1: $(text_of state)"
  done
  all_agree 10050
  tell "balance read at dc1, dc2, dc3: $(money "${totals[0]}"), $(money "${totals[1]}"), $(money "${totals[2]}")"

  pay_in dc1 dc1:salary-1 5000
  expect 'the repeat' "$(grep -ic '^idempotent-replayed: true' "$folder_of_demo/headers")" 1
  tell "the same key again at dc1: the first answer ($(text_of state)), replayed"
  pay_in dc1 dc1:salary-1 5001
  expect 'the same key with another amount' "$code $(text_of code)" '422 IDEMPOTENCY_MISMATCH'
  tell "the same key with another amount: $code $(text_of code)"

  kill_consumer dc1
  pay_in dc1 dc1:salary-2 1234
  expect 'pay-in without a consumer' "$code" 202
  tell "kill -9 of dc1's consumer, and $(money 1234) paid in at dc1 the same moment: $code $(text_of state)"
  all_agree 11284
  tell "its supervisor started it again; balance at dc1, dc2, dc3: $(money "${totals[0]}"), $(money "${totals[1]}"), $(money "${totals[2]}")"

  pay_out dc1 dc1:rent-1 5000 2000
  expect 'pay-out from the own share' "$code $(text_of state)" '200 PAID'
  tell "paid out $(money 5000) at dc1, whose share suffices: $(text_of state), nobody was asked"
  pay_out dc2 dc2:rent-1 4000 15000
  expect 'pay-out that is topped up' "$code $(text_of state)" '200 PAID'
  tell "paid out $(money 4000) at dc2, whose share was $(money 3000): the others handed over part of theirs, $(text_of state)"
  pay_out dc3 dc3:rent-1 9000 15000
  expect 'pay-out of too much' "$code $(text_of code)" '409 INSUFFICIENT_FUNDS'
  tell "paying out $(money 9000) at dc3: $code $(text_of code), known here: $(number_of total) cents in all"
  all_agree 2284
  tell "balance at dc1, dc2, dc3: $(money "${totals[0]}"), $(money "${totals[1]}"), $(money "${totals[2]}")"

  for dc in dc1 dc3; do
    pay_in "$dc" "$dc:salary-3" 2000 -H 'Prefer: wait=10'
    expect "pay-in at $dc" "$code $(text_of state)" '200 BOOKED'
  done
  all_agree 6284
  cut_off_dc3
  pay_out dc3 dc3:rent-2 1500 2000
  expect 'pay-out of a datacenter that is cut off' "$code $(text_of state)" '200 PAID'
  tell "$(money 2000) were paid in at dc1 and at dc3; then $(how_cut) and dc3 pays out $(money 1500) from its share: $(text_of state)"
  pay_out dc3 dc3:rent-3 4700 2000
  expect 'pay-out that needs the others' "$code $(text_of code)" '409 FUNDS_UNREACHABLE'
  tell "paying out $(money 4700) there: $code $(text_of detail)"
  join_dc3
  all_agree 4784
  pay_out dc3 dc3:rent-4 4700 15000
  expect 'pay-out with the others back' "$code $(text_of state)" '200 PAID'
  paid=$(text_of state)
  all_agree 84
  tell "joined again, $(money 4700) under a new key: $paid; left at dc1, dc2, dc3: $(money "${totals[0]}"), $(money "${totals[1]}"), $(money "${totals[2]}")"

  geobill dc1 verify --at-rest >"$folder_of_demo/verify.log" 2>&1 || {
    cat -- "$folder_of_demo/verify.log" >&2
    die 'geobill verify found something'
  }
  tell "geobill verify compared the ledgers and replicas of all datacenters: clean"
}
