# The hypervisor's frame types and page-table entries, compiled for the build machine in surroundings of their own.
unit-tests += frame_types
frame_types-srcs := tests/unit/test_frame_types.c $(addprefix hypervisor/memory/,entry.c frame.c frame-type.c heap.c) \
    hypervisor/lib/lock.c
frame_types-flags := -include tests/unit/hyp_memory_host.h -Ihypervisor -Ihypercall-abi/include \
    -fno-sanitize=alignment -fno-builtin-log -DENSO_DEBUG=1
