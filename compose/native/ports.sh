# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# ports.sh: free ports that stay with a run folder. Sourced after folder.sh.
#
# Below the kernel's range for outgoing connections, so that a port cannot be taken while its part is stopped. Ports that
# other run folders remember are left alone even when nobody listens there. The lock is on /var/tmp itself: any user can
# take it, and there is no file to own.

# All names that need a port, as lines `DC PART`.
port_names() {
  parts
  parts | sed -n 's/ kafka$/ controller/p'
}

# Lines: ports somebody listens on here, and ports other run folders remember.
ports_taken() {
  local other
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    while read -r _ local _ state _; do
      if [[ $state = 0A ]]; then echo $((16#${local##*:})); fi
    done
  for other in "$short_base"/geobill-*/ports; do
    [[ -r $other && $other != "$short/ports" ]] || continue
    folder_is_gone "${other%/ports}" || awk '{ print $3 }' "$other"
  done
}

# A short folder of ours whose run folder was removed by hand.
folder_is_gone() {
  local of
  [[ -O $1 && -r $1/run ]] || return 1
  of=$(<"$1/run")
  [[ ! -e $of ]]
}

# Keeps what is remembered and free, chooses the rest, writes the file.
choose_ports() {
  local dc part number next
  local -A taken=()
  exec 8<"$short_base"
  flock -w 30 8 || die "waited in vain for the lock on $short_base"
  while read -r number; do taken[$number]=1; done < <(ports_taken)
  next=$((16#${short: -4} % 1000 * 10 + 15000))
  while read -r dc part; do
    number=${port[$dc/$part]-}
    while [[ -z $number || -n ${taken[$number]-} ]]; do
      number=$((next++))
      ((next < 32000)) || next=10000
    done
    port["$dc/$part"]=$number
    taken[$number]=1
  done < <(port_names)
  while read -r dc part; do echo "$dc $part ${port[$dc/$part]}"; done < <(port_names) >"$short/ports.new"
  mv -f -- "$short/ports.new" "$short/ports"
  exec 8<&-
}
