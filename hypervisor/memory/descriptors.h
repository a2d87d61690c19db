/* Descriptor tables of guests (GDT and LDT frames). */
#ifndef ENSO_MEMORY_DESCRIPTORS_H
#define ENSO_MEMORY_DESCRIPTORS_H

#include "memory/frame.h"

struct vcpu;

/* Every descriptor of a frame that is about to become FRAME_SEGDESC: code and data segments (DPL raised to
 * 3) or not present; no gates, no system segments. 0 or -EINVAL. */
long descriptors_validate(mfn_t m);
/* One descriptor, corrected in place; false: refused. Pure. */
bool descriptor_allowed(uint64_t *descriptor);

/* A fault in this CPU's LDT window: maps the guest's LDT page there. False: the guest's own mistake. */
bool ldt_window_fault(struct vcpu *v, uint64_t offset);
/* MMUEXT_SET_LDT. */
long vcpu_set_ldt(struct vcpu *v, uint64_t base, uint64_t entries);

#endif
