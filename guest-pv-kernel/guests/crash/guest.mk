crash-srcs := $(addprefix guest-pv-kernel/guests/crash/,crash.c deaths.c exhaust.c rings.c fuzz.c attacks.c)
guest-configs += guest-pv-kernel/guests/crash/crash.cfg
