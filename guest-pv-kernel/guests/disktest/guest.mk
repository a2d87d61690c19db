disktest-srcs := $(addprefix guest-pv-kernel/guests/disktest/,disktest.c options.c pattern.c)
guest-configs += guest-pv-kernel/guests/disktest/disktest.cfg
