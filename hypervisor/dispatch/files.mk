hypervisor-srcs += \
    hypervisor/dispatch/entry.S \
    hypervisor/dispatch/bounce.c \
    hypervisor/dispatch/callbacks.c \
    hypervisor/dispatch/console-io.c \
    hypervisor/dispatch/exit.c \
    hypervisor/dispatch/fault.c \
    hypervisor/dispatch/hypercall-page.c \
    hypervisor/dispatch/hypercall-table.c \
    hypervisor/dispatch/iret.c \
    hypervisor/dispatch/multicall.c \
    hypervisor/dispatch/physdev.c \
    hypervisor/dispatch/state.c \
    hypervisor/dispatch/syscall.c \
    hypervisor/dispatch/traps.c \
    hypervisor/dispatch/version.c
