hypervisor-srcs += \
    hypervisor/irq/acpi.c \
    hypervisor/irq/acpi-power.c \
    hypervisor/irq/apic.c \
    hypervisor/irq/ioapic.c \
    hypervisor/irq/irq.c \
    hypervisor/irq/pirq.c
