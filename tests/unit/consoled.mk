# The console daemon, on a kit made by the test itself.
unit-tests += consoled

consoled-srcs := tests/unit/test_consoled.c \
    $(addprefix dom0-tools/backends/console/,console_log.c console_ring.c consoled.c drain.c)
consoled-flags := -Ihypercall-abi/include -Iguest-pv-kernel/include -I.
