# Networks of the control domain: packets with their checksums and segments, bridges, policies, rate limits.
unit-tests += net_packet net_share net_segment net_bridge net_port net_rate

net-unit-flags := -Idom0-tools -Ihypercall-abi/include -idirafter guest-pv-kernel/include
net-unit-packets := tests/unit/net_host.c $(addprefix dom0-tools/net/,pool.c share.c packet.c checksum.c segment.c)

net_packet-srcs := tests/unit/test_net_packet.c $(net-unit-packets)
net_packet-flags := $(net-unit-flags)

net_share-srcs := tests/unit/test_net_share.c $(net-unit-packets)
net_share-flags := $(net-unit-flags)

net_segment-srcs := tests/unit/test_net_segment.c $(net-unit-packets)
net_segment-flags := $(net-unit-flags)

net_bridge-srcs := tests/unit/test_net_bridge.c $(net-unit-packets) $(addprefix dom0-tools/net/,policy.c port.c bridge.c)
net_bridge-flags := $(net-unit-flags)

net_port-srcs := tests/unit/test_net_port.c $(net-unit-packets) $(addprefix dom0-tools/net/,policy.c port.c bridge.c)
net_port-flags := $(net-unit-flags)

net_rate-srcs := tests/unit/test_net_rate.c dom0-tools/net/rate.c
net_rate-flags := $(net-unit-flags)

unit-tests += virtio_net
virtio_net-srcs := tests/unit/test_virtio_net.c tests/unit/virtio_card.c $(net-unit-packets) \
    $(addprefix dom0-tools/net/,policy.c port.c bridge.c) $(addprefix dom0-tools/drivers/virtio/,queue.c net_header.c virtio_net.c)
virtio_net-flags := $(net-unit-flags)
