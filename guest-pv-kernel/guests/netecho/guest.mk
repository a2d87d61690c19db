netecho-srcs := guest-pv-kernel/guests/netecho/netecho.c
guest-configs += guest-pv-kernel/guests/netecho/netecho.cfg
