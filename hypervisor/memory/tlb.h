/* TLB flushes that guests ask for. */
#ifndef ENSO_MEMORY_TLB_H
#define ENSO_MEMORY_TLB_H

#include "lib/types.h"

struct domain;

/* The CPUs that run the vcpus named in the guest's bitmap (as many bits as the domain has vcpus, in whole
 * bytes) and may remember translations of d. -EINVAL. */
long tlb_mask_of_vcpus(struct domain *d, guest_addr_t bitmap, uint64_t *mask);
/* One address on this CPU; nothing for an address of the hypervisor or one that is not canonical. */
void tlb_flush_address(uint64_t va);

#endif
