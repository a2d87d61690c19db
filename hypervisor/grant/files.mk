hypervisor-srcs += \
    hypervisor/grant/copy.c \
    hypervisor/grant/grant-op.c \
    hypervisor/grant/map.c \
    hypervisor/grant/table.c
