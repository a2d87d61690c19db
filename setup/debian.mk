# debian.mk: a stock Debian as a guest: its disk image, kernel and initramfs, made of packages by setup/debian.sh.

debian-parts := $(addprefix setup/debian/,packages left-out prepare.sh finish.sh)

build/debian/debian.img: setup/debian.sh $(debian-parts)
	$(say) MAKE "$@ of Debian's packages, which takes a minute or two"
	$(Q)setup/debian.sh $(@D)

debian: build/debian/debian.img

.PHONY: debian
