# The block backend's pure part: what a frontend's request says. Names and fields of disks in configurations.
unit-tests += blkif config_disk

blkif-srcs := tests/unit/test_blkif.c dom0-tools/backends/block/blkif.c
blkif-flags := -Idom0-tools -Ihypercall-abi/include

config_disk-srcs := tests/unit/test_config_disk.c dom0-tools/toolstack/config_disk.c
config_disk-flags := -Idom0-tools

unit-tests += vbd
vbd-srcs := tests/unit/test_vbd.c $(addprefix dom0-tools/backends/block/,vbd.c vbd_copy.c blkif.c)
vbd-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include

unit-tests += blkback
blkback-srcs := tests/unit/test_blkback.c $(addprefix dom0-tools/backends/block/,blkback.c blkback_daemon.c)
blkback-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include
