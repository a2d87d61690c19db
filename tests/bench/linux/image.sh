#!/bin/sh
# image.sh DIRECTORY: makes the control domain that figures are compared with, Debian's Linux with Debian's
# Xen tools:
#
#   DIRECTORY/root.img     its root file system, an ext4 labelled `control`
#   DIRECTORY/vmlinuz      the kernel of Debian's linux-image-amd64, unchanged
#   DIRECTORY/initrd.img   the initramfs that Debian's initramfs-tools made for it
#
# The system has no services: /sbin/init unpacks the second disk, a tar archive, and runs `start` out of it.
set -eu

directory=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
setup=$(cd "$here/../../../setup" && pwd)
work=$directory/work
log=$directory/log

# The lines of a file that are not comments, separated by $2.
lines_of() { sed 's/[[:space:]]*#.*//; /^$/d' "$1" | paste -s -d "$2"; }

make_tree()
{
    mmdebstrap --quiet --variant=minbase --format=tar \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/gpu/*' \
        --dpkgopt='path-exclude=/lib/modules/*/kernel/sound/*' \
        --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/media/*' \
        --include="$(lines_of "$here/packages" ,)" \
        --essential-hook='mkdir -p "$1"/etc/initramfs-tools/conf.d
            printf "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=10\nFSTYPE=ext4\n" \
                > "$1"/etc/initramfs-tools/conf.d/control
            printf "virtio_pci\nvirtio_blk\next4\ncrc32c\n" > "$1"/etc/initramfs-tools/modules' \
        --customize-hook="upload $here/init /sbin/init" --customize-hook='chmod 755 "$1"/sbin/init' \
        bookworm - "$work"/sources/*
}

fail()
{
    tail -5 "$log" >&2
    echo "image.sh: the control domain could not be made; the whole story is in $log" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work"
: > "$log"
"$setup/apt.sh" sources "$work/sources"
make_tree > "$work/tree.tar" 2>> "$log" || fail
"$setup/rootfs.sh" "$work" control "$directory" root.img >> "$log" 2>&1 || fail
