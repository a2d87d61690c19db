#!/bin/sh
# linux.sh DIRECTORY: fetches the kernel that Debian's linux-image-amd64 stands for, unchanged, as
# DIRECTORY/vmlinuz, and a few of its modules as DIRECTORY/modules/*.ko.
set -eu

apt=$(dirname "$0")/apt.sh
package=$("$apt" depends linux-image-amd64 | grep -m 1 '^linux-image-')
"$apt" unpack "$package" "$1" './boot/vmlinuz-*' '*/xen-blkfront.ko' '*/xen-netfront.ko' '*/crc32c_generic.ko' '*/crc16.ko' '*/mbcache.ko' \
    '*/jbd2.ko' '*/ext4.ko'
mkdir -p "$1/modules"
find "$1/lib" -name '*.ko' -exec mv {} "$1/modules" \;
mv "$1"/boot/vmlinuz-* "$1"/vmlinuz
