hypervisor-srcs += \
    hypervisor/pci/config.c \
    hypervisor/pci/msi.c
