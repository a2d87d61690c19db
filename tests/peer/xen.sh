#!/bin/sh
# xen.sh DIRECTORY: fetches the hypervisor that Enso is compared with, the one that Debian's xen-system-amd64 stands for,
# as DIRECTORY/xen.
set -eu

apt=$(dirname "$0")/../../setup/apt.sh
package=$("$apt" depends xen-system-amd64 | grep -m 1 '^xen-hypervisor-')
"$apt" unpack "$package" "$1" './boot/xen-*-amd64.gz'
gzip -dc "$1"/boot/xen-*-amd64.gz > "$1"/xen.new
mv "$1"/xen.new "$1"/xen
