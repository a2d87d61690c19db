badblock-srcs := $(addprefix guest-pv-kernel/guests/badblock/,badblock.c front.c requests.c rings.c states.c)
guest-configs += guest-pv-kernel/guests/badblock/badblock.cfg
