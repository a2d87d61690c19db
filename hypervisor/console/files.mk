hypervisor-srcs += \
    hypervisor/console/console.c \
    hypervisor/console/debug-keys.c \
    hypervisor/console/font.c \
    hypervisor/console/framebuffer.c \
    hypervisor/console/input.c \
    hypervisor/console/keyboard.c \
    hypervisor/console/log-ring.c \
    hypervisor/console/screen.c \
    hypervisor/console/uart.c
