/* limits.c: how often an entry can be mapped, and how many mappings a domain can have. The class of bug: a
 * count that wraps, a handle lost on the way out. */
#include "grants.h"

#include <stdlib.h>
#include <string.h>

#define HANDLES 4096    /* more than the map track of a domain of these tests holds */

static grant_handle_t *handle;

/* Maps the entries from REF on in turn at one spot, each of the same frame, until that fails. The last
 * status. */
static int map_until(uint32_t flags, unsigned int entries, unsigned int limit, unsigned int *n)
{
    int status = GNTST_okay;

    for (*n = 0; *n < limit; (*n)++) {
        status = map(REF + *n % entries, flags, spot[0], &handle[*n]);
        if (status != GNTST_okay)
            break;
    }
    return status;
}

/* All map one frame at one address: each unmap needs it mapped there once more. */
static int unmap_all(unsigned int n, uint64_t flags)
{
    int status = GNTST_okay;
    unsigned int i;

    for (i = 0; i < n && status == GNTST_okay; i++) {
        set_va(spot[0], entry_for(page[0], flags));
        status = unmap(handle[i], spot[0]);
    }
    return status;
}

static void pins_of_an_entry(void)
{
    unsigned int n;
    int status;

    give(REF, page[0], GTF_permit_access);
    status = map_until(GNTMAP_host_map | GNTMAP_readonly, 1, 200, &n);
    check_after("map of an entry again and again, read-only", status, GNTST_general_error, "128 times",
                n == 128);
    check_status("map of it writable then", map(REF, GNTMAP_host_map, spot[1], &handle[n]), GNTST_okay);
    unmap(handle[n], spot[1]);
    status = unmap_all(n, FLAGS_RO);
    check_use("unmap all", status, GNTST_okay, "unused");
    status = map_until(GNTMAP_host_map, 1, 200, &n);
    check_after("map of an entry again and again, writable", status, GNTST_general_error, "128 times",
                n == 128);
    status = unmap_all(n, FLAGS_RW);
    check_use("unmap all of them", status, GNTST_okay, "unused");
    set_va(spot[0], 0);
    take(REF);
}

/* A domU of these tests has one frame of map track: 256 handles. The initial domain has too many to try. */
static void handles(void)
{
    unsigned int i, n, again;
    int status;

    if (pv_is_control_domain())
        return;
    for (i = 0; i < 8; i++)
        give(REF + i, page[0], GTF_permit_access);
    status = map_until(GNTMAP_host_map, 8, HANDLES, &n);
    check_after("map until no handle is left, XSA-228", status, GNTST_no_space, "after 255 or 256",
                n == 255 || n == 256);
    check_status("copy then", copy1(&(struct gnttab_copy){
                     .source = { .u.ref = REF, .domid = own_domid }, .flags = GNTCOPY_source_gref, .len = 1,
                     .dest = { .u.gmfn = pv_virt_to_mfn(page[1]), .domid = DOMID_SELF } }), GNTST_okay);
    set_va(spot[0], entry_for(page[0], FLAGS_RW));
    check_status("unmap of one", unmap(handle[n / 2], spot[0]), GNTST_okay);
    status = map(REF, GNTMAP_host_map, spot[0], &handle[n / 2]);
    check_status("map after that", status, GNTST_okay);
    check_status("map once more", map(REF, GNTMAP_host_map, spot[1], &handle[n]), GNTST_no_space);
    status = unmap_all(n, FLAGS_RW);
    check_use("unmap all of these", status, GNTST_okay, "unused");
    status = map_until(GNTMAP_host_map, 8, HANDLES, &again);
    check_after("map until no handle is left, again", status, GNTST_no_space, "as many", again == n);
    status = unmap_all(again, FLAGS_RW);
    check_use("unmap all of these again", status, GNTST_okay, "unused");
    set_va(spot[0], 0);
    for (i = 0; i < 8; i++)
        take(REF + i);
}

/* Mapped at different addresses and unmapped in another order. */
static void orders(void)
{
    unsigned int i;
    int status = GNTST_okay;

    give(REF, page[0], GTF_permit_access);
    for (i = 0; i < SPOTS && status == GNTST_okay; i++)
        status = map(REF, GNTMAP_host_map, spot[i], &handle[i]);
    check_use("map of an entry at eight addresses", status, GNTST_okay, "reading writing");
    for (i = 0; i < SPOTS && status == GNTST_okay; i++)
        status = unmap(handle[i * 5 % SPOTS], spot[i * 5 % SPOTS]);
    check_use("unmap in another order", status, GNTST_okay, "unused");
    take(REF);
}

void test_limits(void)
{
    handle = calloc(HANDLES + 1, sizeof(*handle));
    orders();
    pins_of_an_entry();
    handles();
    free(handle);
}
