# peer.mk: the test kernels and the control domain on Debian's Xen beside Enso: whatever they see has to be the
# same, or stand in tests/peer/differences.list.
#
# `make test-peer PYTEST="-k tables"` passes options on. What each machine said is in build/tests/peer/*.log.

xen := build/upstream/xen/xen

$(xen):
	$(say) FETCH "Debian's Xen"
	$(Q)tests/peer/xen.sh $(@D)

# The boot archive of the control domain, on either.
peer-files := $(test-guest-files) build/guests/hello guest-pv-kernel/guests/hello/hello.cfg

build/tests/peer/archive.cpio: $(peer-files)
	$(say) CPIO $@
	$(Q)rm -rf $(@D)/archive && mkdir -p $(@D)/archive/boot
	$(Q)cp $^ $(@D)/archive && mv $(@D)/archive/hello $(@D)/archive/boot
	$(Q)setup/cpio.sh $(@D)/archive $@

peer-needs := $(xen) $(test-guest-machines) build/tests/peer/archive.cpio build/flags/test-guests build/enso.iso

test-peer: $(peer-needs)
	$(say) TEST tests/peer
	$(Q)$(pytest) tests/peer $(PYTEST)

.PHONY: test-peer

write-page := PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/peer/write_

# docs/advisories.md needs what the kernels said when `make test-peer` ran last.
docs: docs-peer
docs-peer:
	@mkdir -p build/tests/peer
	$(say) DOC docs/differences.md
	$(Q)$(write-page)differences.py > build/tests/peer/page.md && mv build/tests/peer/page.md docs/differences.md
	$(say) DOC docs/advisories.md
	$(Q)if [ -e build/tests/peer/cases.json ]; then \
	    $(write-page)advisories.py > build/tests/peer/page.md && mv build/tests/peer/page.md docs/advisories.md; \
	else echo '  docs/advisories.md stays as it is: it is made after `make test-peer`'; fi

.PHONY: docs docs-peer
