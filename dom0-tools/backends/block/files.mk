# The block backend: what a request says is pure (tested on the build machine).
dom0-srcs += $(addprefix dom0-tools/backends/block/,blkif.c vbd.c vbd_requests.c vbd_copy.c blkback.c)
