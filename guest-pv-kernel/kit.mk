# kit.mk: the PV kit (build/libpv.a and its start files), the rule that links a PV image, and the example
# guests.
#
# $(eval $(call pv-image,IMAGE,OBJECTS,LIBRARIES)) makes build/IMAGE (stripped) and build/IMAGE.debug from
# objects that were compiled with $(pv-cflags). LIBRARIES may be empty; the kit, lwIP and newlib
# are always linked, as far as they are used.

kit-dir := guest-pv-kernel
kit-srcs := $(addprefix $(kit-dir)/, \
    start/start.c start/cmdline.c start/trap.c start/panic.c \
    memory/pagetable.c memory/linear.c memory/pages.c memory/area.c memory/foreign.c memory/region.c \
    event/event.c thread/thread.c thread/mutex.c time/time.c \
    console/console.c console/format.c grant/grant.c grant/kept.c grant/map.c \
    block/blkfront.c block/ring.c block/parts.c block/disk.c \
    xenbus/client.c xenbus/parse.c xenbus/store.c xenbus/transaction.c xenbus/keys.c xenbus/frontend.c \
    xenbus/watch.c xenbus/shutdown.c \
    vfs/vfs.c vfs/path.c vfs/cpio.c vfs/cpiofs.c vfs/consolefile.c \
    $(addprefix ext4/,cache.c claim.c commit.c directory.c error.c external.c file.c inode.c journal.c map.c \
        mount.c names.c walk.c) \
    newlib/files.c newlib/process.c newlib/locks.c lib/bytering.c lib/errno.c lib/siphash.c \
    lwip/sys_arch.c lwip/memory.c lwip/random.c lwip/checksum.c lwip/net.c lwip/address.c \
    lwip/socket.c lwip/share.c lwip/poll.c lwip/names.c lwip/vif.c \
    net/netfront.c net/frames.c net/pages.c net/ring.c)
kit-start-srcs := $(addprefix $(kit-dir)/,start/entry.S start/notes.S)

kit-objs := $(kit-srcs:%=build/%.o)
kit-start-objs := $(kit-start-srcs:%=build/%.o)
kit-cflags := $(pv-cflags) -I$(kit-dir)

$(kit-objs) $(kit-start-objs): build/%.o: % build/flags/kit-cflags | $(newlib) build/sysroot/lib/liblwip.a
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(cc) $(kit-cflags) $(dependencies) -c $< -o $@

# ext4/ sees libext2fs's headers.
$(filter build/$(kit-dir)/ext4/%,$(kit-objs)): | build/sysroot/lib/libext2fs.a build/sysroot/lib/libcom_err.a

build/libpv.a: $(kit-objs)
	$(say) AR $@
	$(Q)rm -f $@ && $(ar) rcs $@ $^

define pv-image
build/$1.debug: $2 $$(kit-start-objs) build/libpv.a build/sysroot/lib/liblwip.a $$(kit-dir)/kit.ld \
    | $$(sysroot)
	@mkdir -p $$(@D)
	$$(say) LD $$@
	$$(Q)$$(cc) $$(pv-ldflags) -T $$(kit-dir)/kit.ld -o $$@ $$(kit-start-objs) $2 \
	    -Wl,--start-group build/libpv.a $3 -llwip -lc -lm -lgcc -Wl,--end-group

build/$1: build/$1.debug
	$$(Q)$$(objcopy) --strip-all $$< $$@
endef

-include $(kit-objs:.o=.d) $(kit-start-objs:.o=.d)

# ---- example guests: one folder each; NAME-srcs its files, NAME-libs libraries that it needs besides ----
guests := hello burn crash disktest netecho webserver badblock badnet
guest-images := $(guests:%=build/guests/%)
guest-configs :=
include $(guests:%=$(kit-dir)/guests/%/guest.mk)

# $(call guest,NAME): rules for build/guests/NAME.
define guest
$1-objs := $$($1-srcs:%=build/%.o)

$$($1-objs): build/%.o: % build/flags/kit-cflags | $$(newlib)
	@mkdir -p $$(@D)
	$$(say) CC $$@
	$$(Q)$$(cc) $$(kit-cflags) $$(dependencies) -c $$< -o $$@

$$(eval $$(call pv-image,guests/$1,$$($1-objs),$$($1-libs)))
-include $$($1-objs:.o=.d)
endef

$(foreach name,$(guests),$(eval $(call guest,$(name))))

# ---- the template of guests outside of the tree, made as its user makes it ----
template := $(addprefix $(kit-dir)/template/,GNUmakefile guest.c guest.cfg)

build/template/guest: $(template) build/libpv.a $(kit-start-objs) $(kit-dir)/kit.ld | $(sysroot)
	$(say) MAKE $@
	$(Q)rm -rf build/template && mkdir -p build/template && cp $(template) build/template
	$(Q)$(MAKE) -s --no-print-directory -C build/template ENSO=$(CURDIR)

all: build/template/guest
