#!/bin/sh
# finish.sh ROOT: makes the guest of the installed packages ready for use. Run by mmdebstrap.
set -eu
root=$1
cd "$root"

rm -f etc/hostname etc/.resolv.conf.*       # the build machine's
echo debian > etc/hostname
printf '%s\n' '127.0.0.1 localhost debian' '::1 localhost debian' > etc/hosts
passwd --root "$root" --delete --quiet root
: > etc/machine-id                      # each guest makes its own

# DHCP on every interface that there is or that comes. Copies of the image are told apart by their MAC address.
cat > etc/systemd/network/ethernet.network <<'TEXT'
[Match]
Type=ether

[Network]
DHCP=ipv4

[DHCPv4]
ClientIdentifier=mac
TEXT
systemctl --root "$root" --quiet enable systemd-networkd.service

# A guest without a network is up all the same; upkeep by the clock is the owner's choice; and a domain has no screen,
# no firmware and no programs for other systems.
systemctl --root "$root" --quiet mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service \
    modprobe@drm.service modprobe@efi_pstore.service modprobe@dm_mod.service modprobe@loop.service \
    systemd-pstore.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount sys-kernel-tracing.mount \
    systemd-network-generator.service

# Names are looked up later than anything at the start needs them: a login does not wait for that.
systemctl --root "$root" --quiet disable systemd-resolved.service
systemctl --root "$root" --quiet add-wants multi-user.target systemd-resolved.service

# An emulated processor that is shared needs more time than the authors of services think.
mkdir -p etc/systemd/system.conf.d
printf '%s\n' '[Manager]' DefaultTimeoutStartSec=15min DefaultDeviceTimeoutSec=15min > etc/systemd/system.conf.d/slow.conf
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 600/' etc/login.defs

# What GRUB starts if it is the domain's kernel (firmware = "pvgrub64"): the kernel that was installed last.
mkdir -p boot/grub
cat > boot/grub/grub.cfg <<'TEXT'
set timeout=3
menuentry "Debian" {
    linux /vmlinuz root=/dev/xvda console=hvc0
    initrd /initrd.img
}
menuentry "Debian, with the kernel before" {
    linux /vmlinuz.old root=/dev/xvda console=hvc0
    initrd /initrd.img.old
}
TEXT

# Packages come from where these came from; how they were fetched is this build's own affair.
rm -f etc/apt/apt.conf.d/99mmdebstrap

# Nothing is left to be brought up to date at the first start.
touch usr etc/.updated var/.updated
