#!/bin/sh
# Switches offload features off on this machine's NICs, and fails unless they are off then:
#   FEATURES  names as `ethtool -k` prints them, separated by spaces
#   DRIVERS   only devices of these drivers; empty is all
#   DEVICES   these devices, instead of every one with hardware behind it
set -eu

: "${FEATURES:?expected the names of offload features}"
failed=0

# state DEVICE FEATURE: "on", "off", "off [fixed]" ..., or nothing where the kernel knows no such feature: it lists all it
# knows for every device.
state() {
  ethtool -k "$1" | sed -n "s/^[[:space:]]*$2: //p"
}

hardware() {
  for device in /sys/class/net/*/device; do
    if [ -e "$device" ]; then
      basename "${device%/device}"
    fi
  done
}

for device in ${DEVICES:-$(hardware)}; do
  information=$(ethtool -i "$device")
  driver=$(echo "$information" | sed -n 's/^driver: //p')
  case " ${DRIVERS:-$driver} " in
    *" $driver "*) ;;
    *) echo "$device ($driver): left alone" && continue ;;
  esac
  for feature in $FEATURES; do
    before=$(state "$device" "$feature")
    case $before in
      off*) echo "$device ($driver): $feature is off already" && continue ;;
    esac
    # What counts is what is in effect then, whatever the command says of it.
    ethtool -K "$device" "$feature" off || true
    after=$(state "$device" "$feature")
    case $after in
      off*) echo "$device ($driver): $feature was $before, is $after" ;;
      *)
        echo "$device ($driver): $feature is still ${after:-unknown}" >&2
        failed=1
        ;;
    esac
  done
done
exit "$failed"
