# The control domain in its networks: pure parts (tested on the build machine), then what needs the kit.
services-pure := $(addprefix dom0-tools/services/,nat.c nat_table.c nat_view.c nat_icmp.c nat_fragment.c \
    dhcpd.c dhcp_message.c fair_queue.c address.c forwards.c)
dom0-srcs += $(services-pure) $(addprefix dom0-tools/services/,interface.c neighbour.c stations.c guests.c router.c services.c)
