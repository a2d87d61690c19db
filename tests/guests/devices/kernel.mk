devices-srcs := config.c pins.c messages.c refused.c pci.c rng.c
devices-qemu := -device edu,addr=8 -object rng-builtin,id=rng -device virtio-rng-pci,disable-legacy=on,rng=rng,addr=9
