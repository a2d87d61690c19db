#!/bin/sh
# run.sh [QEMU-OPTION...]: runs build/enso.iso, or what the environment says (see qemu.sh), and exits with
# what the control domain's `exit CODE` said, or with 0 after a power-off.
set -eu

here=$(dirname "$0")
export ISO="${ISO-$here/../build/enso.iso}" LOG="${LOG:-$here/../build/run.log}"
export MEM="${MEM:-2048}" CPUS="${CPUS:-2}" ACCEL="${ACCEL:-tcg}" NET="${NET-user}"

: > "$LOG"
status=0
"$here/qemu.sh" "$@" || status=$?
if [ -s "$LOG" ] && [ $((status % 2)) = 1 ]; then
    exit $((status / 2))    # otherwise QEMU itself failed, before the machine said anything
fi
exit $status
