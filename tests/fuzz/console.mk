# The rings of the console and of the store.
fuzz-targets += console xenstore_transport
fuzz-console-srcs := tests/fuzz/fuzz_console.c $(fuzz-kit-srcs) \
    $(addprefix dom0-tools/backends/console/,console_log.c console_ring.c consoled.c drain.c)
fuzz-console-flags := $(fuzz-kit-flags)
fuzz-console-length := 512
fuzz-console-runs := 8000

fuzz-xenstore_transport-srcs := tests/fuzz/fuzz_xenstore_transport.c dom0-tools/xenstore/transport.c \
    $(xenstore-host-srcs) $(fuzz-kit-srcs)
fuzz-xenstore_transport-flags := $(fuzz-kit-flags)
fuzz-xenstore_transport-runs := 3000
