# The block backend and what lies below it.
fuzz-kit-srcs := $(addprefix tests/fuzz/kit/,threads.c memory.c events.c)
# Without optimization each read of the source is one of the program.
fuzz-kit-flags := -Idom0-tools -Itests/fuzz -Ihypercall-abi/include -idirafter guest-pv-kernel/include \
    -O0 $(fuzz-loads)

fuzz-targets += vbd
fuzz-vbd-srcs := tests/fuzz/fuzz_vbd.c $(addprefix dom0-tools/backends/block/,vbd.c blkif.c) $(fuzz-kit-srcs)
fuzz-vbd-flags := $(fuzz-kit-flags)
fuzz-vbd-length := 1024
fuzz-vbd-runs := 8000
