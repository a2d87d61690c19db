badnet-srcs := $(addprefix guest-pv-kernel/guests/badnet/,badnet.c front.c packets.c floods.c)
guest-configs += guest-pv-kernel/guests/badnet/badnet.cfg
