# The kit's pure parts: shared byte rings, the boot archive, paths, the command line, the small printf, time,
# error numbers, and the store's client with a store that misbehaves.
unit-tests += kit_bytering kit_cpio kit_text kit_xenbus

kit-unit-flags := -Iguest-pv-kernel -Ihypercall-abi/include -idirafter guest-pv-kernel/include

kit_bytering-srcs := tests/unit/test_kit_bytering.c guest-pv-kernel/lib/bytering.c
kit_bytering-flags := $(kit-unit-flags)

kit_cpio-srcs := tests/unit/test_kit_cpio.c guest-pv-kernel/vfs/cpio.c guest-pv-kernel/vfs/path.c
kit_cpio-flags := $(kit-unit-flags)

kit_text-srcs := tests/unit/test_kit_text.c $(addprefix guest-pv-kernel/, \
    start/cmdline.c console/format.c xenbus/parse.c lib/errno.c)
kit_text-flags := $(kit-unit-flags)

kit_xenbus-srcs := tests/unit/test_kit_xenbus.c $(addprefix guest-pv-kernel/, \
    xenbus/client.c xenbus/store.c xenbus/watch.c xenbus/parse.c lib/bytering.c lib/errno.c)
kit_xenbus-flags := $(kit-unit-flags)

# A disk's frontend, with a backend that is played by the test.
unit-tests += blkfront
blkfront-srcs := tests/unit/test_blkfront.c $(addprefix guest-pv-kernel/,block/ring.c block/parts.c grant/kept.c)
blkfront-flags := $(kit-unit-flags)

unit-tests += blkfront_store
blkfront_store-srcs := tests/unit/test_blkfront_store.c guest-pv-kernel/block/blkfront.c
blkfront_store-flags := $(kit-unit-flags)

unit-tests += grant_kept
grant_kept-srcs := tests/unit/test_grant_kept.c guest-pv-kernel/grant/kept.c
grant_kept-flags := $(kit-unit-flags)
grant_kept-libs := -Wl,--wrap=malloc

# What frontends do in the store, with a backend that is played by the test.
unit-tests += frontend
frontend-srcs := tests/unit/test_frontend.c \
    $(addprefix guest-pv-kernel/xenbus/,frontend.c keys.c transaction.c)
frontend-flags := $(kit-unit-flags)
