hypervisor-srcs += \
    hypervisor/emulate/cpuid.c \
    hypervisor/emulate/msr.c \
    hypervisor/emulate/ports.c \
    hypervisor/emulate/privileged.c \
    hypervisor/emulate/privileged-decode.c \
    hypervisor/emulate/pte-apply.c \
    hypervisor/emulate/pte-decode.c \
    hypervisor/emulate/pte-write.c
