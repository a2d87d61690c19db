#!/bin/sh
# iso.sh OUTPUT ENTRY HYPERVISOR DEBUG-HYPERVISOR DOM0 ARCHIVE: a CD image that boots under BIOS and UEFI.
# ENTRY is the number of the menu entry in grub.cfg that starts by itself.
set -eu

output=$1
entry=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/boot/grub"
cp "$3" "$tree/boot/enso"
cp "$4" "$tree/boot/enso-debug"
cp "$5" "$tree/boot/dom0"
cp "$6" "$tree/boot/boot.cpio"
strip -g "$tree/boot/enso" "$tree/boot/enso-debug" "$tree/boot/dom0"
sed "s/@ENTRY@/$entry/" "$(dirname "$0")/grub.cfg" > "$tree/boot/grub/grub.cfg"

# Few modules and no fonts: GRUB reads a file from the CD for each.
if ! grub-mkrescue --install-modules="normal iso9660 multiboot2 serial terminal gfxterm all_video test" \
        --fonts= --locales= --themes= -o "$output" "$tree" > "$output.log" 2>&1; then
    cat "$output.log" >&2
    exit 1
fi
rm "$output.log"
