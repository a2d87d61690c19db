# system.mk: tests of the whole, as an operator would see it: pytest drives the control domain's shell under QEMU.
#
# `make system PYTEST="-k leak -x"` passes options on. What each machine said is in build/tests/system/*.log.

system: build/enso.iso build/debian/debian.img
	$(say) TEST tests/system
	$(Q)$(pytest) tests/system $(PYTEST)

.PHONY: system
