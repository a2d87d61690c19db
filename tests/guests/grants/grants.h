/* grants.h: between the files of this kernel. Both sides are ours: we grant pages to ourselves, in a part of
 * the table that nothing else uses, and map them at spots of address space that have page tables and nothing
 * mapped. */
#ifndef GRANTS_H
#define GRANTS_H

#include "case.h"

#include <xen/grant_table.h>

#define REF 100         /* our references: this and some that follow */
#define REF_BEYOND 100000000
#define SPOTS 8
#define PAGES 4
#define NO_HANDLE 0xffffffffU

/* A status that says that the call itself failed with `rc`. */
#define CALL(rc) ((int)(rc) - 10000)

extern volatile struct grant_entry_v1 *table;   /* the first frame of our grant table */
extern char *page[PAGES];                       /* ordinary pages of ours */
extern char *spot[SPOTS];                       /* nothing is mapped there */

void setup(void);
void clean_up(void);

long table_op(unsigned int cmd, void *ops, unsigned int n);

/* Fills an entry in: a page of ours to ourselves, or anything. take() empties it. */
void give(grant_ref_t ref, const void *p, uint16_t flags);
void give_frame(grant_ref_t ref, uint64_t frame, domid_t domid, uint16_t flags);
void take(grant_ref_t ref);

/* "reading writing", what of it is set in the entry, or "unused". */
const char *use_of(grant_ref_t ref);

/* One element each; a status, or CALL(). */
int map_full(struct gnttab_map_grant_ref *op);
int map(grant_ref_t ref, uint32_t flags, const void *address, grant_handle_t *handle);
int unmap_full(grant_handle_t handle, uint64_t address, uint64_t bus);
int unmap(grant_handle_t handle, const void *address);
int copy1(const struct gnttab_copy *op);

/* What is mapped at an address: "nothing", "read-only" or "writable", of another frame than `p`: "other". */
const char *mapped_at(const void *address, const void *p);

/* Cases: a status by name, a state after it. The second kind's state is about the in-use bits of REF. */
void check_status(const char *name, int got, int want);
void check_after(const char *name, int got, int want, const char *state, bool holds);
void check_use(const char *name, int got, int want, const char *use);

/* The groups. */
void test_arguments(void);
void test_table(void);
void test_map_flags(void);
void test_map_where(void);
void test_map_entries(void);
void test_frames(void);
void test_entry_maps(void);
void test_use(void);
void test_revocation(void);
void test_unmap(void);
void test_replace(void);
void test_copy(void);
void test_copy_pages(void);
void test_batches(void);
void test_refused(void);
void test_limits(void);
void test_races(void);

#endif
