#!/bin/sh
# initramfs.sh OUTPUT MODULES: the user space of the Linux example guest, a gzipped cpio archive of Debian's static
# busybox and the kernel modules of a folder.
#
# busybox init runs a shell on the Xen console and starts it again when it ends. The kernel runs
# /sbin/poweroff and /sbin/reboot when the control domain asks for a shutdown; they tell init, which ends
# every process in order.
set -eu

output=$(realpath -m "$1")
modules=$(realpath "$2")
cpio=$(realpath "$(dirname "$0")/cpio.sh")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
cd "$root"

mkdir -p bin sbin lib/modules usr/bin usr/sbin etc dev proc sys tmp run root mnt
cp "$modules"/*.ko lib/modules
cp /bin/busybox bin/busybox
for applet in $(bin/busybox --list-full); do
    mkdir -p "$(dirname "$applet")"
    [ -e "$applet" ] || ln -s /bin/busybox "$applet"
done
ln -s /sbin/init init

cat > etc/inittab <<'END'
::sysinit:/etc/start
hvc0::respawn:-/bin/sh
::ctrlaltdel:/sbin/reboot
::shutdown:/etc/stop
END

cat > etc/start <<'END'
#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
hostname linux
ip link set lo up
for module in crc32c_generic crc16 mbcache jbd2 ext4 xen-blkfront xen-netfront; do
    insmod /lib/modules/$module.ko
done
for interface in $(cd /sys/class/net && ls -d eth* 2>/dev/null); do
    ip link set "$interface" up
    udhcpc -i "$interface" -s /etc/lease -n -q -t 4 > /dev/null 2>&1 &
done
echo 'enso-initramfs: user space is up'
END

# What udhcpc calls with what a server said.
cat > etc/lease <<'END'
#!/bin/sh
case $1 in
deconfig)
    ip link set "$interface" up
    ;;
bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/$mask" dev "$interface"
    for gateway in $router; do
        ip route replace default via "$gateway" dev "$interface"
        break
    done
    for server in $dns; do
        echo "nameserver $server"
    done > /etc/resolv.conf
    ;;
esac
END

cat > etc/stop <<'END'
#!/bin/sh
echo 'enso-initramfs: shutting down'
sync
END

cat > etc/profile <<'END'
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root
cd /root
END
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/sh' > etc/passwd
printf '%s\n' 'root:x:0:' 'nobody:x:65534:' > etc/group
chmod 755 etc/start etc/stop etc/lease

find . -mindepth 1 -exec touch -h -d @0 {} +
"$cpio" . "$output.cpio"
gzip -9n < "$output.cpio" > "$output"
rm "$output.cpio"
