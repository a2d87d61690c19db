# The store: what is pure (and runs in the unit tests too), then what needs the kit.
xenstore-pure-srcs := $(addprefix dom0-tools/xenstore/, \
	check.c commit.c conn.c domain.c path.c perms.c quota.c request.c request_client.c request_domain.c \
	request_node.c ring.c store.c transaction.c tree.c watch.c)

dom0-srcs += $(xenstore-pure-srcs)
dom0-srcs += dom0-tools/xenstore/transport.c dom0-tools/xenstore/xenstored.c
