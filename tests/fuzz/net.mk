# The network backend, and the networks behind it.
net-fuzz-srcs := tests/fuzz/kit/pool.c $(addprefix dom0-tools/net/,pool.c share.c packet.c checksum.c segment.c policy.c port.c bridge.c rate.c)

fuzz-targets += vif
fuzz-vif-srcs := tests/fuzz/fuzz_vif.c $(net-fuzz-srcs) $(fuzz-kit-srcs) dom0-tools/backends/xenbus/copies.c \
    $(addprefix dom0-tools/backends/net/,vif.c vif_tx.c vif_rx.c netif.c headers.c)
fuzz-vif-flags := $(fuzz-kit-flags)
fuzz-vif-length := 1024
fuzz-vif-runs := 6000

fuzz-targets += netback
fuzz-netback-srcs := tests/fuzz/fuzz_netback.c $(net-fuzz-srcs) $(fuzz-kit-srcs) $(fuzz-store-srcs) \
    $(wildcard dom0-tools/backends/net/*.c dom0-tools/backends/xenbus/*.c) $(addprefix dom0-tools/toolstack/,config_vif.c config_spec.c)
fuzz-netback-flags := $(fuzz-kit-flags) $(fuzz-store-flags)
fuzz-netback-libs := $(fuzz-store-libs)
fuzz-netback-seeds := tests/fuzz/seeds/netback
fuzz-netback-length := 512
fuzz-netback-runs := 1000

# The services of the control domain.
fuzz-targets += nat dhcpd
fuzz-nat-srcs := tests/fuzz/fuzz_nat.c $(addprefix dom0-tools/services/,nat.c nat_table.c nat_view.c nat_icmp.c nat_fragment.c) \
    $(net-fuzz-srcs) guest-pv-kernel/lib/siphash.c $(fuzz-kit-srcs)
fuzz-nat-flags := $(fuzz-kit-flags)
fuzz-nat-runs := 4000

fuzz-dhcpd-srcs := tests/fuzz/fuzz_dhcpd.c $(addprefix dom0-tools/services/,dhcpd.c dhcp_message.c) $(fuzz-kit-srcs)
fuzz-dhcpd-flags := $(fuzz-kit-flags)
fuzz-dhcpd-runs := 6000

# The kit's network frontend.
fuzz-targets += netfront_ring
fuzz-netfront_ring-srcs := tests/fuzz/fuzz_netfront_ring.c guest-pv-kernel/net/ring.c $(fuzz-kit-srcs)
fuzz-netfront_ring-flags := $(fuzz-kit-flags) -Iguest-pv-kernel
fuzz-netfront_ring-runs := 8000
