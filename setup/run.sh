#!/bin/sh
# run.sh: runs QEMU (see qemu.sh for the environment) and exits with what the control domain's `exit CODE` said,
# or with 0 after a power-off.
set -eu

: > "$LOG"
status=0
"$(dirname "$0")/qemu.sh" "$@" || status=$?
if [ -s "$LOG" ] && [ $((status % 2)) = 1 ]; then
    exit $((status / 2))    # otherwise QEMU itself failed, before the machine said anything
fi
exit $status
