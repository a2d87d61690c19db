hypervisor-srcs += \
    hypervisor/memory/audit.c \
    hypervisor/memory/descriptors.c \
    hypervisor/memory/entry.c \
    hypervisor/memory/foreign.c \
    hypervisor/memory/frame.c \
    hypervisor/memory/frame-init.c \
    hypervisor/memory/frame-type.c \
    hypervisor/memory/heap.c \
    hypervisor/memory/memory-op.c \
    hypervisor/memory/mmu-update.c \
    hypervisor/memory/mmuext.c \
    hypervisor/memory/reservation.c \
    hypervisor/memory/root.c \
    hypervisor/memory/walk.c \
    hypervisor/memory/guest-access.c
