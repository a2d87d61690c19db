#!/bin/sh
# prepare.sh ROOT: what has to be there before the packages of the guest are installed. Run by mmdebstrap.
set -eu
cd "$1"

# An initramfs with what a domain needs and nothing else: the disk's frontend and the file system.
mkdir -p etc/initramfs-tools/conf.d
cat > etc/initramfs-tools/conf.d/domain <<'TEXT'
MODULES=list
COMPRESS=zstd
COMPRESSLEVEL=10
FSTYPE=ext4
TEXT
printf '%s\n' xen-blkfront ext4 crc32c > etc/initramfs-tools/modules

echo 'LABEL=debian / ext4 errors=remount-ro 0 1' > etc/fstab
