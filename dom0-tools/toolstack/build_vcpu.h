/* The last steps of a build: what lies outside of the domain's own memory. Negative errno, no error texts. */
#ifndef ENSO_TOOLSTACK_BUILD_VCPU_H
#define ENSO_TOOLSTACK_BUILD_VCPU_H

#include <stdint.h>

#include <xen/xen.h>

/* Masks event upcalls of all vcpus in shared_info. */
int build_mask_events(domid_t domid, xen_pfn_t shared_info_frame);

/* Lets the control domain map the two pages through the reserved grant references. */
int build_seed_grants(domid_t domid, xen_pfn_t console_frame, xen_pfn_t store_frame);

/* Registers of vcpu 0 as a PV kernel expects them. */
int build_start_vcpu(domid_t domid, uint64_t entry, uint64_t stack_top, uint64_t start_info, xen_pfn_t l4);

#endif
