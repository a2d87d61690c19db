# dom0.mk: build/dom0, the control domain: one PV image of everything that dom0-tools/*/files.mk list in
# dom0-srcs.

dom0-srcs :=
include $(foreach folder,main cli toolstack xenstore drivers storage net services backends/console backends/xenbus backends/block backends/net,dom0-tools/$(folder)/files.mk)

dom0-objs := $(dom0-srcs:%=build/%.o)
dom0-cflags := $(pv-cflags) -Idom0-tools

$(dom0-objs): build/%.o: % build/flags/dom0-cflags | $(sysroot)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(cc) $(dom0-cflags) $(dependencies) -c $< -o $@

-include $(dom0-objs:.o=.d)

$(eval $(call pv-image,dom0,$(dom0-objs),-llzma -lz -lzstd -llz4 -lext2fs -lcom_err))
