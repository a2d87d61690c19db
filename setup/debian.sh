#!/bin/sh
# debian.sh DIRECTORY: makes a Debian guest of packages, from the mirrors that this system uses:
#
#   DIRECTORY/debian.img   its root file system, an ext4 labelled `debian`, a sparse file
#   DIRECTORY/vmlinuz      the kernel of Debian's linux-image-amd64, unchanged
#   DIRECTORY/initrd.img   the initramfs that Debian's initramfs-tools made for it
#
# root has no password, and in its folder lies hello.deb, a small package to install. setup/debian/ says which packages
# there are and how the guest is set up. Works for root, and for others where user namespaces are allowed.
set -eu

directory=$(realpath -m "$1")
setup=$(cd "$(dirname "$0")" && pwd)
parts=$setup/debian
work=$directory/work
log=$directory/log

# The lines of a file that are not comments, separated by $2.
lines_of() { sed 's/[[:space:]]*#.*//; /^$/d' "$1" | paste -s -d "$2"; }

# The tree of files, as a tar archive on standard output.
make_tree()
{
    set --
    while read -r pattern; do
        set -- "$@" "--dpkgopt=path-exclude=$pattern"
    done <<LIST
$(lines_of "$parts/left-out" '\n')
LIST
    while read -r option; do
        set -- "$@" "--aptopt=$option"
    done <<LIST
$(apt-config dump | grep -E '^Acquire::(Check|Retries|http|ftp)[^"]* "[^"]+";' || true)
LIST
    mmdebstrap --quiet --variant=minbase --format=tar "$@" --include="$(lines_of "$parts/packages" ,)" \
        --essential-hook="$parts/prepare.sh \"\$1\"" --customize-hook="$parts/finish.sh \"\$1\"" \
        --customize-hook="upload $work/hello.deb /root/hello.deb" \
        bookworm - "$work"/sources/*
}

fail()
{
    tail -5 "$log" >&2
    echo "debian.sh: the Debian guest could not be made; the whole story is in $log" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work"
: > "$log"
"$setup/apt.sh" package hello "$work/hello.deb"
"$setup/apt.sh" sources "$work/sources"
make_tree > "$work/tree.tar" 2>> "$log" || fail
"$setup/rootfs.sh" "$work" debian "$directory" debian.img >> "$log" 2>&1 || fail
