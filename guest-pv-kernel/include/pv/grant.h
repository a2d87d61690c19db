/*
 * Grant tables, version 1: giving other domains access to our pages, and mapping or copying theirs.
 * Errors are negative newlib numbers. Threads only.
 */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

/* Lets `domid` map or copy the page. Returns a grant reference (8 or above); -ENOSPC when the table has
 * reached its limit, -ENOMEM, -EINVAL for an address that is not mapped. */
int pv_grant_access(domid_t domid, const void *page, bool readonly);

/* Takes a grant back. 0; -EBUSY while the other domain has it mapped (nothing is changed then); -EINVAL for
 * a reference that was not given by pv_grant_access(). */
int pv_grant_end(grant_ref_t ref);

/* Gives up n pages that pv_pages_alloc() gave together, and their `granted` grants; refs[] is written. They are
 * freed at once, or, while the other domain has one of them mapped, by a later pv_grant_kept(), which says how
 * many pages still wait. Ask it before pages are granted anew, and grant none when there are more than
 * PV_GRANT_KEPT_MOST. */
void pv_grant_free_pages(void *pages, size_t n, grant_ref_t *refs, size_t granted);
size_t pv_grant_kept(void);
#define PV_GRANT_KEPT_MOST 1024U

/* Maps n granted pages of a domain side by side; NULL if any cannot be mapped (then none stays mapped). If
 * err is not NULL it gets the reason. */
void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err);

/* Undoes a pv_grant_map() of the same n. 0, or the first error. */
int pv_grant_unmap(void *p, size_t n);

/* Runs a batch of copies. 0 when all went well, else -EIO; each op's `status` says which did not. */
int pv_grant_copy(struct gnttab_copy *ops, size_t n);

/* The newlib error for a GNTST_* status. */
int pv_grant_error(int status);

#endif
