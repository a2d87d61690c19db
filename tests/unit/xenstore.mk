# The store: its pure parts, in surroundings made by xenstore_world.c. Allocations go through wrappers, so
# that they can be made to fail.
xenstore-host-srcs := $(xenstore-pure-srcs) guest-pv-kernel/lib/siphash.c

xenstore-tests := xenstore_model xenstore_protocol xenstore_access xenstore_watch xenstore_ring
unit-tests += $(xenstore-tests)

define xenstore-test
$1-srcs := tests/unit/test_$1.c tests/unit/xenstore_world.c tests/unit/xenstore_alloc.c $(xenstore-host-srcs)
$1-flags := -Ihypercall-abi/include -Iguest-pv-kernel/include -I.
$1-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
endef

$(foreach test,$(xenstore-tests),$(eval $(call xenstore-test,$(test))))

# The transports, on a kit made by the test itself.
unit-tests += xenstore_transport
xenstore_transport-srcs := tests/unit/test_xenstore_transport.c tests/unit/rings_host.c \
    dom0-tools/xenstore/transport.c $(xenstore-host-srcs)
xenstore_transport-flags := -Ihypercall-abi/include -Iguest-pv-kernel/include -I.
