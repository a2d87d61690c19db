# The network frontend's rings, and what lwIP stands on in the kit.
unit-tests += netfront_ring kit_lwip

netfront_ring-srcs := tests/unit/test_netfront_ring.c guest-pv-kernel/net/ring.c
netfront_ring-flags := -Iguest-pv-kernel -Ihypercall-abi/include

kit_lwip-srcs := tests/unit/test_kit_lwip.c guest-pv-kernel/lib/siphash.c \
    $(addprefix guest-pv-kernel/lwip/,sys_arch.c memory.c random.c checksum.c)
kit_lwip-flags := -Iguest-pv-kernel/lwip -isystem $(lwip-root)/include -Ihypercall-abi/include \
    -idirafter guest-pv-kernel/include -DFD_SETSIZE=256
$(kit_lwip-srcs:%=build/tests/unit/objs-kit_lwip/%.o): | build/sysroot/lib/liblwip.a
