vcpus-srcs := vcpus.c numbers.c context.c start.c updown.c events.c info.c tlb.c traps.c races.c sched.c second.c second_entry.S
vcpus-config := vcpus = 32
