hypervisor-srcs += \
    hypervisor/boot/start.S \
    hypervisor/boot/main.c \
    hypervisor/boot/banner.c \
    hypervisor/boot/boot-info.c \
    hypervisor/boot/multiboot.c \
    hypervisor/boot/cmdline.c \
    hypervisor/boot/early.c \
    hypervisor/boot/paging.c

# The version in the banner: the commit that is built. Only banner.c is compiled again when it changes.
enso-version := 4.17-enso $(shell git describe --always --dirty 2>/dev/null)
$(foreach image,enso enso-debug,build/hypervisor-$(image)/hypervisor/boot/banner.c.o): build/flags/enso-version
build/hypervisor-enso/hypervisor/boot/banner.c.o: private enso-cflags += -DENSO_VERSION='"$(enso-version)"'
build/hypervisor-enso-debug/hypervisor/boot/banner.c.o: private enso-debug-cflags += -DENSO_VERSION='"$(enso-version)"'
