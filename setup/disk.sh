#!/bin/sh
# disk.sh IMAGE GUESTS...: the disk that `make run` attaches: a GPT with one partition, an ext4 file system with the label
# enso-data, which the control domain mounts at /data. GUESTS are images of example guests. Nothing appears at IMAGE until
# all of it is there.
set -eu
PATH=$PATH:/usr/sbin:/sbin

image=$1
shift
here=$(dirname "$0")
size=4G             # what the file seems to have; it takes what is in it
first=2048          # sector of the partition
work=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/tree/images" "$work/tree/volumes"
cp "$@" "$work/tree/images"
cp "$here"/data/*.cfg "$here"/data/README "$work/tree"
mke2fs -q -t ext4 -L www -d "$here/data/www" "$work/tree/volumes/www.img" 16M
truncate -s 256M "$work/tree/volumes/empty.img"

truncate -s "$size" "$work/image"
printf 'label: gpt\nstart=%s, type=L, name=enso-data\n' "$first" | sfdisk -q "$work/image"
sectors=$(sfdisk -d "$work/image" | sed -n 's/.*size= *\([0-9]*\).*/\1/p')
mke2fs -q -t ext4 -L enso-data -E root_owner=0:0,offset=$((first * 512)) -d "$work/tree" "$work/image" "$((sectors / 2))k"
mv "$work/image" "$image"
