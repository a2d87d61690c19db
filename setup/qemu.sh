#!/bin/sh
# qemu.sh [QEMU-OPTION...]: becomes QEMU with a machine for Enso, its serial port on the terminal.
#
# From the environment: ISO, MEM (MiB, or with a suffix), CPUS, ACCEL, UEFI=1, DISK (files or block devices, separated
# by commas, that become virtio disks), NET (user: a virtio network card with QEMU's own network behind it; none), FWD (see forwards.sh),
# LOG (file for a copy of what the serial port says). Ctrl-C and Ctrl-A reach the machine. The shell's `exit CODE` writes CODE to the
# isa-debug-exit device, which makes QEMU's exit status 2*CODE+1; a power-off makes it 0.
set -eu

case $ACCEL in
tcg*)
    # QEMU before 10 reads the stack of a guest's iretq as SMAP forbids.
    major=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
    if [ "$major" -lt 10 ]; then cpu=max,-smap; else cpu=max; fi ;;
*)
    cpu=host ;;
esac

# The CD drive hangs on an AHCI controller because firmware reads it by DMA, and the default one byte by byte.
if [ -n "${ISO:-}" ]; then
    set -- -device ich9-ahci,id=ahci -device ide-cd,bus=ahci.0,drive=cd,bootindex=0 \
        -drive "if=none,id=cd,media=cdrom,readonly=on,file=$ISO" "$@"
fi
if [ "${UEFI:-0}" != 0 ]; then
    set -- -bios /usr/share/ovmf/OVMF.fd "$@"
fi
n=0
IFS=,
for disk in ${DISK:-}; do
    [ -r "$disk" ] || { echo "DISK: $disk: no such file, or not to be read" >&2; exit 1; }
    if [ -w "$disk" ]; then readonly=off; else readonly=on; fi
    set -- -drive "if=none,id=disk$n,format=raw,discard=unmap,readonly=$readonly,file=$disk" \
        -device "virtio-blk-pci,disable-legacy=on,drive=disk$n" "$@"
    n=$((n + 1))
done
unset IFS
case ${NET:-none} in
user)
    forwards=$("$(dirname "$0")/forwards.sh" "${FWD:-}" qemu)
    set -- -netdev "user,id=net0$forwards" -device virtio-net-pci,disable-legacy=on,netdev=net0,romfile= "$@" ;;
none)
    [ -z "${FWD:-}" ] || { echo "FWD needs NET=user" >&2; exit 1; } ;;
*)
    echo "NET: \`$NET\` is neither user nor none" >&2
    exit 1 ;;
esac
exec qemu-system-x86_64 -accel "$ACCEL" -cpu "$cpu" -m "$MEM" -smp "$CPUS" \
    -nodefaults -no-user-config -display none -vga std -no-reboot \
    -chardev "stdio,id=serial,signal=off${LOG:+,logfile=$LOG}" -serial chardev:serial -monitor none \
    -device isa-debug-exit,iobase=0xf4,iosize=0x04 "$@"
