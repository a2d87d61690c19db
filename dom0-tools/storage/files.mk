# File systems of the host's disks.
dom0-srcs += $(addprefix dom0-tools/storage/,disk.c image.c mounts.c)
