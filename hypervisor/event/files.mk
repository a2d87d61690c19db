hypervisor-srcs += \
    hypervisor/event/event.c \
    hypervisor/event/evtchn-op.c
