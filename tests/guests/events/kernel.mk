events-srcs := events.c ports.c arguments.c numbers.c exhaustion.c bindings.c virqs.c loop.c delivery.c \
    poll.c upcall.c entry.S refused.c second_vcpu.c race.c
events-config := vcpus = 2
