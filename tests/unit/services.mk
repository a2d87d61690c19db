# The control domain's services: address translation against a model, and the DHCP server's bytes.
unit-tests += nat dhcpd

nat-srcs := tests/unit/test_nat.c $(addprefix dom0-tools/services/,nat.c nat_table.c nat_view.c nat_icmp.c) \
    $(addprefix dom0-tools/net/,pool.c packet.c checksum.c segment.c) dom0-tools/xenstore/siphash.c
nat-flags := -Idom0-tools

dhcpd-srcs := tests/unit/test_dhcpd.c $(addprefix dom0-tools/services/,dhcpd.c dhcp_message.c)
dhcpd-flags := -Idom0-tools
