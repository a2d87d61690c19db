# The decoders of the hypervisor's interpreter, and what a trapped write does to its operand.
unit-tests += decoder pte_apply

decoder-srcs := tests/unit/test_decoder.c hypervisor/emulate/pte-decode.c hypervisor/emulate/privileged-decode.c
decoder-flags := -Ihypercall-abi/include -Ihypervisor

pte_apply-srcs := tests/unit/test_pte_apply.c hypervisor/emulate/pte-apply.c
pte_apply-flags := -Ihypercall-abi/include -Ihypervisor
