# The control domain's services: address translation against a model, the DHCP server's bytes, what is typed
# and what servers answer.
unit-tests += nat nat_fragment dhcpd http

nat-world := tests/unit/nat_frames.c tests/unit/nat_world.c \
    $(addprefix dom0-tools/services/,nat.c nat_table.c nat_view.c nat_icmp.c nat_fragment.c) \
    $(addprefix dom0-tools/net/,pool.c share.c packet.c checksum.c segment.c) guest-pv-kernel/lib/siphash.c
nat-srcs := tests/unit/test_nat.c $(nat-world)
nat-flags := -Idom0-tools -Iguest-pv-kernel/include
nat_fragment-srcs := tests/unit/test_nat_fragment.c $(nat-world)
nat_fragment-flags := $(nat-flags)

dhcpd-srcs := tests/unit/test_dhcpd.c $(addprefix dom0-tools/services/,dhcpd.c dhcp_message.c)
dhcpd-flags := -Idom0-tools

http-srcs := tests/unit/test_http.c dom0-tools/cli/http.c \
    $(addprefix dom0-tools/services/,address.c forwards.c fair_queue.c)
http-flags := -Idom0-tools
