# Interfaces in configurations; the network backend's pure part; an interface with a frontend that is played.
unit-tests += config_vif

config_vif-srcs := tests/unit/test_config_vif.c $(addprefix dom0-tools/toolstack/,config_vif.c config_spec.c)
config_vif-flags := -Idom0-tools

netback-net := tests/unit/net_host.c $(addprefix dom0-tools/net/,pool.c share.c packet.c checksum.c segment.c)
netback-flags := -Idom0-tools -Itests/unit -Ihypercall-abi/include -idirafter guest-pv-kernel/include

unit-tests += netif
netif-srcs := tests/unit/test_netif.c dom0-tools/backends/net/netif.c dom0-tools/backends/net/headers.c $(netback-net)
netif-flags := $(netback-flags)

unit-tests += vif vif_rx
vif-interface := tests/unit/vif_world.c dom0-tools/backends/xenbus/copies.c \
    $(addprefix dom0-tools/backends/net/,netif.c headers.c vif.c vif_tx.c vif_rx.c) $(netback-net) \
    $(addprefix dom0-tools/net/,policy.c port.c bridge.c rate.c)
vif-srcs := tests/unit/test_vif.c $(vif-interface)
vif-flags := $(netback-flags)
vif_rx-srcs := tests/unit/test_vif_rx.c $(vif-interface)
vif_rx-flags := $(netback-flags)
