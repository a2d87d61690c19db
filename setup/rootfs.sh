#!/bin/sh
# rootfs.sh FOLDER LABEL DIRECTORY IMAGE: makes a disk of FOLDER/tree.tar, the tree of a Debian system:
#
#   DIRECTORY/IMAGE        an ext4 of 1200 MiB labelled LABEL, a sparse file
#   DIRECTORY/vmlinuz, DIRECTORY/initrd.img   what the names in the system's root lead to
#
# FOLDER is gone then.
set -eu

folder=$1

# Files of many owners in one tree, to be read once: root can have it, everybody else can seem to.
as_root=fakeroot
if [ "$(id -u)" = 0 ]; then
    as_root=
fi
mkdir -p "$folder/tree"
$as_root sh -eu -c '
    cd "$1"
    tar -x -f tree.tar -C tree --numeric-owner
    cp tree/vmlinuz tree/initrd.img .
    mke2fs -q -t ext4 -L "$2" -E assume_storage_prezeroed=1 -d tree disk.img 1200M
' sh "$folder" "$2"
mv "$folder/vmlinuz" "$folder/initrd.img" "$3"
mv "$folder/disk.img" "$3/$4"
rm -rf "$folder"
