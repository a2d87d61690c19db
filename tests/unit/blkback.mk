# The block backend's pure part: what a frontend's request says. Names and fields of disks in configurations.
unit-tests += blkif config_disk

blkif-srcs := tests/unit/test_blkif.c dom0-tools/backends/block/blkif.c
blkif-flags := -Idom0-tools -Ihypercall-abi/include

config_disk-srcs := tests/unit/test_config_disk.c $(addprefix dom0-tools/toolstack/,config_disk.c config_spec.c)
config_disk-flags := -Idom0-tools

unit-tests += vbd vbd_ends
vbd-device := tests/unit/vbd_world.c dom0-tools/backends/xenbus/copies.c \
    $(addprefix dom0-tools/backends/block/,vbd.c vbd_requests.c vbd_copy.c blkif.c)
vbd-srcs := tests/unit/test_vbd.c $(vbd-device)
vbd_ends-srcs := tests/unit/test_vbd_ends.c $(vbd-device)
vbd-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include
vbd_ends-flags = $(vbd-flags)

unit-tests += blkback
blkback-srcs := tests/unit/test_blkback.c tests/unit/store_host.c dom0-tools/backends/block/blkback.c \
    $(addprefix dom0-tools/backends/xenbus/,backend.c events.c) guest-pv-kernel/xenbus/keys.c
blkback-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include

unit-tests += image
image-srcs := tests/unit/test_image.c dom0-tools/storage/image.c
image-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include
