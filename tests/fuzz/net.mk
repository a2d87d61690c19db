# The network backend, and the networks behind it.
net-fuzz-srcs := $(addprefix dom0-tools/net/,pool.c packet.c checksum.c segment.c policy.c port.c bridge.c rate.c)

fuzz-targets += vif
fuzz-vif-srcs := tests/fuzz/fuzz_vif.c $(net-fuzz-srcs) $(fuzz-kit-srcs) \
    $(addprefix dom0-tools/backends/net/,vif.c vif_tx.c vif_rx.c netif.c headers.c)
fuzz-vif-flags := $(fuzz-kit-flags)
fuzz-vif-length := 1024
fuzz-vif-runs := 6000
