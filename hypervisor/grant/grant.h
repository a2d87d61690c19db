/* Grant tables, version 1: map, unmap, copy, setup, query, unmap-and-replace. Arrays are
 * allocated at creation. The shared entry is read once into a local; what it said when first
 * pinned is what counts until the last pin goes. */
#ifndef ENSO_GRANT_GRANT_H
#define ENSO_GRANT_GRANT_H

#include <xen/grant_table.h>
#include "lib/types.h"

struct domain;

long grant_init(struct domain *d, unsigned int frames, unsigned int maptrack_frames);  /* -ENOMEM */
/* The shared frames, which name their owner: once the domain has its number. -ENOMEM. */
long grant_attach(struct domain *d);
/* Releases everything that d has mapped from others; bounded steps: 0 or -ERESTART. */
long grant_teardown(struct domain *d);
/* Lets the shared frames go. */
void grant_detach(struct domain *d);
void grant_free(struct domain *d);
/* Machine frame of the i-th shared frame (for setup on a domain's behalf
 * and acquire_resource); false: none. */
bool grant_shared_frame(struct domain *d, unsigned int i, uint64_t *mfn_out);
unsigned int grant_frames(const struct domain *d);

/* Calls fn for each grant of d that is in use, with its frame and the number
 * of pins (the frame audit; no lock). */
void grant_for_each_pin(struct domain *d, void (*fn)(uint64_t frame, unsigned int pins));

long hypercall_grant_table_op(uint32_t cmd, guest_addr_t args, uint32_t count);

#endif
