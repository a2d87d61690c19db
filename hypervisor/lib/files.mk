hypervisor-srcs += \
    hypervisor/lib/format.c \
    hypervisor/lib/lock.c \
    hypervisor/lib/number.c \
    hypervisor/lib/string.c
