# debian.mk: a stock Debian as a guest: its disk image, kernel and initramfs, made of packages by setup/debian.sh.

# Made again when what it is made by says something else, not when a checkout has touched it.
debian-recipe := $(shell cat setup/debian.sh setup/rootfs.sh \
    $(addprefix setup/debian/,packages left-out prepare.sh finish.sh) | cksum)

build/debian/debian.img: build/flags/debian-recipe
	$(say) MAKE "$@ of Debian's packages, which takes a minute or two"
	$(Q)setup/debian.sh $(@D)

# What the control domain needs to start it: `make run GUESTS=build/debian/guest`.
build/debian/guest/debian.cfg: dom0-tools/etc/debian.cfg build/debian/debian.img
	@mkdir -p $(@D)/boot
	$(Q)cp build/debian/vmlinuz $(@D)/boot/debian-vmlinuz
	$(Q)cp build/debian/initrd.img $(@D)/boot/debian-initrd.img
	$(Q)cp $< $@

debian: build/debian/guest/debian.cfg

.PHONY: debian
