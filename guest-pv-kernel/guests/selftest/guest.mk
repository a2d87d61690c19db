selftest-srcs := $(addprefix guest-pv-kernel/guests/selftest/, \
    selftest.c probe.c calls.c descriptors.c events.c grants.c pagetables.c pins.c foreign.c traps.c \
    emulate.c user.c user_entry.S timers.c fpu.c kit.c)
guest-configs += guest-pv-kernel/guests/selftest/selftest.cfg
