# The store: its pure parts, in surroundings made by tests/unit/xenstore_world.c. Allocations go through wrappers
# so that they can be made to fail.
xenstore-parts := $(xenstore-pure-srcs) tests/unit/xenstore_world.c tests/unit/xenstore_alloc.c
xenstore-test-flags := -Ihypercall-abi/include -I.
xenstore-test-libs := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

unit-tests += xenstore_model

xenstore_model-srcs := tests/unit/test_xenstore_model.c $(xenstore-parts)
xenstore_model-flags := $(xenstore-test-flags)
xenstore_model-libs := $(xenstore-test-libs)
