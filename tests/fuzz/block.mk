# The block backend and what lies below it.
fuzz-kit-srcs := $(addprefix tests/fuzz/kit/,input.c threads.c memory.c events.c)
# Without optimization each read of the source is one of the program.
fuzz-kit-flags := -Idom0-tools -Itests/fuzz -Ihypercall-abi/include -idirafter guest-pv-kernel/include \
    -O0 $(fuzz-loads)

fuzz-targets += vbd
fuzz-vbd-srcs := tests/fuzz/fuzz_vbd.c $(fuzz-kit-srcs) dom0-tools/backends/xenbus/copies.c \
    $(addprefix dom0-tools/backends/block/,vbd.c vbd_requests.c vbd_copy.c blkif.c)
fuzz-vbd-flags := $(fuzz-kit-flags)
fuzz-vbd-length := 1024
fuzz-vbd-runs := 8000

fuzz-targets += partition virtq
fuzz-partition-srcs := tests/fuzz/fuzz_partition.c dom0-tools/drivers/block/partition.c $(fuzz-kit-srcs)
fuzz-partition-flags := $(fuzz-kit-flags)
fuzz-partition-libs := -lz

fuzz-virtq-srcs := tests/fuzz/fuzz_virtq.c dom0-tools/drivers/virtio/queue.c $(fuzz-kit-srcs)
fuzz-virtq-flags := $(fuzz-kit-flags)
fuzz-virtq-length := 512

# The whole backend, with a store.
fuzz-store-srcs := $(addprefix tests/fuzz/kit/,store.c device.c) \
    $(addprefix guest-pv-kernel/xenbus/,store.c keys.c watch.c parse.c)
fuzz-store-flags := -Iguest-pv-kernel
fuzz-store-libs := -Wl,--wrap=printf

fuzz-targets += blkback
fuzz-blkback-srcs := tests/fuzz/fuzz_blkback.c $(fuzz-kit-srcs) $(fuzz-store-srcs) \
    $(wildcard dom0-tools/backends/block/*.c dom0-tools/backends/xenbus/*.c)
fuzz-blkback-flags := $(fuzz-kit-flags) $(fuzz-store-flags)
fuzz-blkback-libs := $(fuzz-store-libs)
fuzz-blkback-seeds := tests/fuzz/seeds/blkback
fuzz-blkback-length := 512
fuzz-blkback-runs := 1000

# The kit's disk frontend.
fuzz-targets += blkfront_ring
fuzz-blkfront_ring-srcs := tests/fuzz/fuzz_blkfront_ring.c $(fuzz-kit-srcs) \
    $(addprefix guest-pv-kernel/,block/ring.c block/parts.c grant/kept.c)
fuzz-blkfront_ring-flags := $(fuzz-kit-flags) -Iguest-pv-kernel
fuzz-blkfront_ring-seeds := tests/fuzz/seeds/blkfront_ring
fuzz-blkfront_ring-length := 1024
fuzz-blkfront_ring-runs := 3000
