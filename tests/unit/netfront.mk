# The network frontend's rings, and lwIP's mailboxes and checksums.
unit-tests += netfront_ring

netfront_ring-srcs := tests/unit/test_netfront_ring.c guest-pv-kernel/net/ring.c
netfront_ring-flags := -Iguest-pv-kernel -Ihypercall-abi/include
