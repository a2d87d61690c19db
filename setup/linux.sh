#!/bin/sh
# linux.sh DIRECTORY: fetches the kernel that Debian's linux-image-amd64 stands for, unchanged, as
# DIRECTORY/vmlinuz.
set -eu

apt=$(dirname "$0")/apt.sh
package=$("$apt" depends linux-image-amd64 | grep -m 1 '^linux-image-')
"$apt" unpack "$package" "$1" './boot/vmlinuz-*'
mv "$1"/boot/vmlinuz-* "$1"/vmlinuz
