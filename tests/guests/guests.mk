# guests.mk: the test kernels. Each tries one part of the ABI from inside, as a domain or as the initial domain of
# Enso or of Xen; lib/case.h says how they speak.
#
# build/test-guests/ has the images with a configuration for each: `make run GUESTS=build/test-guests` puts
# them into the control domain's folder; `create -c tables.cfg` runs one.

test-guests := kit calls control traps user tables entries paging descriptors processor events grants memory time vcpus devices
test-guest-lib := $(addprefix tests/guests/lib/,main.c case.c clock.c mmu.c place.c probe.c \
    trip.c trip_text.c trip_entry.S vectors.c debugging.c returns.c softints.c run.c run.S \
    scratch.c form.c form_enter.S worker.c)
test-guest-cflags := $(kit-cflags) -Itests/guests/lib

# A kernel's folder has kernel.mk: NAME-srcs lists its files, NAME-config has further lines of its
# configuration, separated by semicolons; NAME-qemu has devices of the machine on which it is the initial
# domain. A boot archive, if it wants one, is build/test-guests/NAME.cpio.
test-guest-files :=
include $(test-guests:%=tests/guests/%/kernel.mk)

# $(call test-guest,NAME): rules for build/test-guests/NAME and NAME.cfg.
define test-guest
$1-objs := $$($1-srcs:%=build/tests/guests/$1/%.o)

$$($1-objs): build/tests/guests/$1/%.o: tests/guests/$1/% build/flags/test-guest-cflags | $$(newlib)
	@mkdir -p $$(@D)
	$$(say) CC $$@
	$$(Q)$$(cc) $$(test-guest-cflags) $$(dependencies) -c $$< -o $$@

$$(eval $$(call pv-image,tests/guests/images/$1,$$($1-objs) $$(test-guest-lib-objs)))
-include $$($1-objs:.o=.d)

build/test-guests/$1: build/tests/guests/images/$1
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@

build/test-guests/$1.cfg: tests/guests/guests.mk tests/guests/$1/kernel.mk
	@mkdir -p $$(@D)
	$$(Q)printf '%s\n' '$$(subst ;,' ',name = "$1"; kernel = "/$1"; memory = 16; max_maptrack_frames = 1; $$($1-config))' | \
	    sed 's/^ *//' > $$@

build/test-guests/$1.qemu: tests/guests/$1/kernel.mk
	@mkdir -p $$(@D)
	$$(Q)echo '$$($1-qemu)' > $$@
endef

test-guest-lib-objs := $(test-guest-lib:%=build/%.o)

$(test-guest-lib-objs): build/%.o: % build/flags/test-guest-cflags | $(newlib)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(cc) $(test-guest-cflags) $(dependencies) -c $< -o $@

-include $(test-guest-lib-objs:.o=.d)
$(foreach name,$(test-guests),$(eval $(call test-guest,$(name))))

test-guest-files += $(foreach name,$(test-guests),build/test-guests/$(name) build/test-guests/$(name).cfg)
test-guest-machines := $(test-guests:%=build/test-guests/%.qemu)
test-guests: $(test-guest-files)

.PHONY: test-guests
