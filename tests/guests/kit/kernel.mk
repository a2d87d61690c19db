kit-srcs := kit.c sockets.c
kit-config := ramdisk = "/kit.cpio"

# Its boot archive: its own source.
build/test-guests/kit.cpio: tests/guests/kit/kit.c tests/guests/kit/kernel.mk setup/cpio.sh
	@mkdir -p $(@D)
	$(Q)setup/cpio.sh tests/guests/kit $@

test-guest-files += build/test-guests/kit.cpio
