# bench.mk: figures: instruction counts of a guest on Enso and on Xen, times as a user sees them, sizes.
#
# Nothing here fails because something is slow. Everything is written to build/bench/bench.json too, and
# the counts are drawn as build/bench/bench.svg.

bench-srcs := $(addprefix tests/bench/guest/, \
    bench.c calls.c entries.c tables.c tree.c trapped.c faults.c user.c emulation.c events.c timers.c \
    grants.c memory.c vcpus.c clock.S)
bench-objs := $(bench-srcs:%=build/%.o)

$(bench-objs): build/%.o: % build/flags/kit-cflags | $(newlib)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(cc) $(kit-cflags) $(dependencies) -c $< -o $@

$(eval $(call pv-image,bench/guest,$(bench-objs)))
-include $(bench-objs:.o=.d)

# The guest whose input and output is measured.
io-objs := $(addprefix build/tests/bench/io/,io.c.o block.c.o net.c.o packets.c.o)

$(io-objs): build/%.o: % build/flags/kit-cflags | $(newlib)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(cc) $(kit-cflags) $(dependencies) -c $< -o $@

$(eval $(call pv-image,bench/io,$(io-objs)))
-include $(io-objs:.o=.d)

BENCH :=

# The control domain that Enso's is compared with, and the symbols of its hypervisor.
xen-linux-recipe := $(shell cat setup/rootfs.sh $(addprefix tests/bench/linux/,image.sh init packages) | cksum)
xen-syms := build/upstream/xen-syms/usr/lib/debug/boot/xen-syms-4.17-amd64

build/xen-linux/root.img: build/flags/xen-linux-recipe
	$(say) MAKE "$@ of Debian's packages, which takes some minutes"
	$(Q)mkdir -p $(@D) && tests/bench/linux/image.sh $(@D)

$(xen-syms): $(xen)
	$(say) FETCH "the symbols of Debian's Xen"
	$(Q)setup/apt.sh unpack xen-hypervisor-4.17-amd64-dbg build/upstream/xen-syms \
	    './usr/lib/debug/boot/xen-syms-*'
	$(Q)touch $@

# It is only made when it is wanted.
xen-linux := $(if $(or $(filter linux,$(BENCH)),$(if $(BENCH),,all)),build/xen-linux/root.img $(xen-syms))

# BENCH chooses parts: counts phases blocks packets linux boot domains memory image style.
bench: build/enso.iso build/bench/guest build/bench/io $(xen) $(xen-linux)
	$(Q)ACCEL=$(ACCEL) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/bench/bench.py $(BENCH)

# What of it needs no machine is tested with the other units.
unit: unit-bench
unit-bench:
	@mkdir -p build/tests
	$(say) TEST tests/bench
	$(Q)PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/bench/test_figures.py > build/tests/unit-bench.log \
	    2>&1 || { cat build/tests/unit-bench.log; exit 1; }

.PHONY: bench unit-bench
