# The console daemon, on a kit made by the tests themselves.
unit-tests += consoled consoled_hostile

consoled-parts := tests/unit/console_world.c tests/unit/rings_host.c \
    $(addprefix dom0-tools/backends/console/,console_log.c console_ring.c consoled.c drain.c)
consoled-srcs := tests/unit/test_consoled.c $(consoled-parts)
consoled-flags := -Ihypercall-abi/include -Iguest-pv-kernel/include -I.
consoled_hostile-srcs := tests/unit/test_consoled_hostile.c $(consoled-parts)
consoled_hostile-flags := $(consoled-flags)
