/* Writing to the memory of a domain that is being built: a sliding window of mapped frames, so that many
 * frames cost one mapping. Nothing else may map the domain writable while its page tables are pinned: close
 * first. */
#ifndef ENSO_TOOLSTACK_GUEST_WINDOW_H
#define ENSO_TOOLSTACK_GUEST_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#define GUEST_WINDOW_PAGES 1024u

struct guest_window {
    domid_t domid;
    const xen_pfn_t *p2m;  /* machine frame of each pfn */
    uint64_t end;          /* pfns from here on are never written */
    const bool *cancel;    /* looked at whenever the window moves; NULL: never */
    uint64_t first;        /* first mapped pfn */
    size_t pages;          /* mapped, 0: none */
    uint8_t *mapped;
};

/* The bytes at a pseudo-physical address. *run is how many follow it in the window, at least 1. NULL and *rc:
 * -ECANCELED, -ENOMEM (the frames cannot be mapped), -EFAULT (beyond the end). Yields when the window moves.
 * */
void *guest_window_at(struct guest_window *w, uint64_t address, size_t *run, int *rc);

/* Copies, or fills with zeroes when data is NULL. */
int guest_window_write(struct guest_window *w, uint64_t address, const void *data, uint64_t bytes);

void guest_window_close(struct guest_window *w);

#endif
