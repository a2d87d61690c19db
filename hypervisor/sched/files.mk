hypervisor-srcs += \
    hypervisor/sched/guest-time.c \
    hypervisor/sched/sched.c \
    hypervisor/sched/sched-op.c \
    hypervisor/sched/time.c \
    hypervisor/sched/timer.c
