# Networks of the control domain: pure parts (tested on the build machine), then what needs the kit.
net-pure := $(addprefix dom0-tools/net/,pool.c share.c packet.c checksum.c segment.c policy.c port.c bridge.c rate.c)
dom0-srcs += $(net-pure) dom0-tools/net/pages.c
