#!/bin/sh
# cpio.sh TREE OUTPUT: the files of TREE as a cpio archive ("newc"), in order of name, owned by root.
set -eu

output=$(realpath -m "$2")
cd "$1"
find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible > "$output"
