hypervisor-srcs += \
    hypervisor/cpu/cpu.c \
    hypervisor/cpu/descriptors.c \
    hypervisor/cpu/features.c \
    hypervisor/cpu/flush.c \
    hypervisor/cpu/fpu.c \
    hypervisor/cpu/fpu-legacy.c \
    hypervisor/cpu/msr.c \
    hypervisor/cpu/panic.c \
    hypervisor/cpu/power.c \
    hypervisor/cpu/smp.c \
    hypervisor/cpu/switch.c \
    hypervisor/cpu/symbols.c \
    hypervisor/cpu/trampoline.S
