# The network backend: what entries and frames say is pure (tested on the build machine).
netback-pure := $(addprefix dom0-tools/backends/net/,netif.c headers.c)
dom0-srcs += $(netback-pure) $(addprefix dom0-tools/backends/net/,vif.c vif_tx.c vif_rx.c netback.c)
