/* pages.h: pages of ours whose frames are given back and replaced. */
#ifndef PAGES_H
#define PAGES_H

#include "case.h"

#include <xen/memory.h>

/* A page of the kit's memory that is not mapped; its frame can be given back. */
struct spare {
    char *va;
    xen_pfn_t pfn, mfn;
};

/* The page leaves the kit's care, unmapped; its contents are `fill`. And the opposite: the page is the kit's
 * again, with the frame that is in it now. */
struct spare spare_begin(int fill);
void spare_end(struct spare *s);

/* Maps its frame at its address with PV_PTE_* flags beside those of every data page, or takes it away (0). */
long spare_map(const struct spare *s, uint64_t flags);

/* decrease_reservation, populate_physmap and increase_reservation of n frames of order 0 for ourselves: their
 * answers. */
long give_back(xen_pfn_t *mfns, unsigned long n);
long populate(xen_pfn_t *pfns, unsigned long n);
long increase(xen_pfn_t *mfns, unsigned long n);

/* Gives the spare's frame back, or gets it a new one: their answers. */
long spare_give(struct spare *s);
long spare_take(struct spare *s);

/* Any reservation call. */
long reserve(unsigned int cmd, xen_pfn_t *list, unsigned long n, unsigned int order, unsigned int flags,
             domid_t domid);

/* Frames that we own. */
long frames_owned(void);

/* The pfn that the machine-to-physical table has for a frame. */
xen_pfn_t m2p(xen_pfn_t mfn);

/* Finds the spare's frame by that table, where only its number is known. False: there is none. */
bool spare_find(struct spare *s);

#endif
