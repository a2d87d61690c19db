# boot.mk: the boot archive, the CD image, and the machine that runs it.

# ---- the boot archive: the control domain's read-only files ----
#   /NAME.cfg and files of GUESTS   configurations of the example guests, and the user's own files
#   /boot/                          kernels of the guests
#   /usr/lib/grub-xen/              GRUB as a guest, under the name that it has on a Debian host
#   /etc/exec                       what EXEC says
#   /etc/forwards                   ports that FWD forwards to guests
linux-files := $(if $(filter-out 0,$(LINUX)),build/linux/vmlinuz build/linux/initrd.gz)
linux-config := $(if $(linux-files),dom0-tools/etc/linux.cfg)
ifneq ($(GUESTS),)
ifeq ($(wildcard $(GUESTS)/.),)
$(error GUESTS: $(GUESTS): no such folder)
endif
endif
archive-files := $(guest-configs) $(linux-config) $(if $(GUESTS),$(shell find $(GUESTS) -type f))
archive-images := $(guest-images)
pvgrub := build/pvgrub/grub-x86_64-xen.bin

# It is two megabytes, most of them modules: packed it takes a third, and the domain builder unpacks it.
build/pvgrub/grub-x86_64-xen.bin:
	$(say) FETCH "GRUB as a guest"
	$(Q)setup/apt.sh unpack grub-xen-host build/upstream/grub-xen-host '*/grub-x86_64-xen.bin'
	@mkdir -p $(@D)
	$(Q)gzip -9n < build/upstream/grub-xen-host/usr/lib/grub-xen/$(@F) > $@

build/upstream/linux/vmlinuz: setup/linux.sh
	$(say) FETCH "Debian's Linux kernel"
	$(Q)setup/linux.sh build/upstream/linux
	$(Q)touch $@

build/linux/vmlinuz: build/upstream/linux/vmlinuz
	@mkdir -p $(@D)
	$(Q)cp $< $@

build/linux/initrd.gz: setup/initramfs.sh build/upstream/linux/vmlinuz
	$(say) MAKE $@
	@mkdir -p $(@D)
	$(Q)setup/initramfs.sh $@ build/upstream/linux/modules

# EXEC may hold any character, so it goes through the environment.
export EXEC
build/exec: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$EXEC" | cmp -s - $@ || printf '%s\n' "$$EXEC" > $@

build/forwards: FORCE setup/forwards.sh
	@mkdir -p $(@D)
	@setup/forwards.sh '$(FWD)' file > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

build/boot.cpio: $(archive-files) $(archive-images) $(linux-files) $(pvgrub) build/exec build/forwards \
    build/flags/archive-contents
	$(say) CPIO $@
	$(Q)rm -rf build/archive && mkdir -p build/archive/boot build/archive/etc build/archive/usr/lib/grub-xen
	$(Q)cp $(guest-configs) $(linux-config) build/archive
	$(Q)cp $(archive-images) $(linux-files) build/archive/boot
	$(Q)cp $(pvgrub) build/archive/usr/lib/grub-xen
	$(if $(EXEC),$(Q)cp build/exec build/archive/etc/exec)
	$(if $(FWD),$(Q)cp build/forwards build/archive/etc/forwards)
	$(if $(GUESTS),$(Q)cp -r $(GUESTS)/. build/archive)
	$(Q)setup/cpio.sh build/archive $@

archive-contents := $(archive-files) $(archive-images) $(linux-files) $(pvgrub)

# ---- the CD image ----
build/enso.iso: build/enso build/enso-debug build/dom0 build/boot.cpio setup/grub.cfg setup/iso.sh \
    build/flags/ENTRY
	$(say) ISO $@
	$(Q)setup/iso.sh $@ $(ENTRY) build/enso build/enso-debug build/dom0 build/boot.cpio

iso: build/enso.iso

# ---- the machine ----
# The disk keeps what is put on it: it is made if it is missing, and not when what it was made from is newer.
default-disk := $(if $(DISK),,build/disk.img)

build/disk.img: | $(guest-images) setup/disk.sh $(wildcard setup/data/*)
	$(say) DISK $@
	$(Q)setup/disk.sh $@ $(guest-images)

run: build/enso.iso | $(default-disk)
	$(Q)ISO=$< DISK=$(or $(default-disk),$(filter-out none,$(DISK))) NET=$(NET) \
	    FWD='$(FWD)' MEM=$(MEM) CPUS=$(CPUS) ACCEL=$(ACCEL) UEFI=$(UEFI) LOG=build/run.log setup/run.sh

.PHONY: iso run
