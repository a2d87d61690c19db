hypervisor-srcs += \
    hypervisor/sched/clock-sources.c \
    hypervisor/sched/guest-time.c \
    hypervisor/sched/sched.c \
    hypervisor/sched/sched-op.c \
    hypervisor/sched/time.c \
    hypervisor/sched/timer.c \
    hypervisor/sched/timer-heap.c \
    hypervisor/sched/wallclock.c
