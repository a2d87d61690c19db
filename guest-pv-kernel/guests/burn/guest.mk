burn-srcs := guest-pv-kernel/guests/burn/burn.c
guest-configs += guest-pv-kernel/guests/burn/burn.cfg
