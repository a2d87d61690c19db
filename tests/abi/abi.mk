# abi.mk: hypercall-abi/ compared with the headers of Debian's libxen-dev.
#
# `make abi` runs the comparison; `make abi-missing` lists what Xen's headers have and ours lack.

abi test-abi:
	$(say) TEST tests/abi
	$(Q)$(pytest) tests/abi $(PYTEST)

abi-missing:
	$(Q)PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/abi/test_abi.py

.PHONY: abi test-abi abi-missing
