# The store.
fuzz-targets += xenstore_protocol
fuzz-xenstore_protocol-srcs := tests/fuzz/fuzz_xenstore_protocol.c $(xenstore-host-srcs)
fuzz-xenstore_protocol-flags := -Ihypercall-abi/include -Iguest-pv-kernel/include -I.
fuzz-xenstore_protocol-length := 4096
fuzz-xenstore_protocol-runs := 8000
