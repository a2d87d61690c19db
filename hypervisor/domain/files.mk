hypervisor-srcs += \
    hypervisor/domain/domain.c \
    hypervisor/domain/domctl.c \
    hypervisor/domain/first.c \
    hypervisor/domain/first-image.c \
    hypervisor/domain/life.c \
    hypervisor/domain/platform.c \
    hypervisor/domain/sysctl.c \
    hypervisor/domain/vcpu.c \
    hypervisor/domain/vcpu-op.c
