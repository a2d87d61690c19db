# The host's devices: pure parts (tested on the build machine), then what needs the kit.
drivers-pure := $(addprefix dom0-tools/drivers/,block/partition.c virtio/queue.c virtio/net_header.c)
dom0-srcs += $(drivers-pure) $(addprefix dom0-tools/drivers/,drivers.c pci/config.c pci/message.c block/block.c \
    virtio/virtio.c virtio/virtio_blk.c virtio/virtio_net.c)
