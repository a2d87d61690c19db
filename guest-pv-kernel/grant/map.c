/* map.c: other domains' granted pages: mapped into a window, or copied. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/grant.h>
#include <pv/hypercall.h>

/* Operations in one hypercall. */
#define CHUNK 32

#define NO_HANDLE (~0U)

int pv_grant_error(int status)
{
    static const int table[] = {
        [-GNTST_general_error] = EIO, [-GNTST_bad_domain] = ESRCH, [-GNTST_bad_gntref] = EINVAL,
        [-GNTST_bad_handle] = EINVAL, [-GNTST_bad_virt_addr] = EFAULT, [-GNTST_bad_dev_addr] = EFAULT,
        [-GNTST_no_device_space] = ENOSPC, [-GNTST_permission_denied] = EPERM, [-GNTST_bad_page] = EFAULT,
        [-GNTST_bad_copy_arg] = EINVAL, [-GNTST_address_too_big] = ERANGE, [-GNTST_eagain] = EAGAIN,
        [-GNTST_no_space] = ENOSPC,
    };

    if (status == GNTST_okay)
        return 0;
    if (status > 0 || (size_t)-status >= sizeof(table) / sizeof(table[0]))
        return -EIO;
    return -table[-status];
}

/* Maps refs[0..n) at va; handles[i] says which are mapped. 0 or the first error. */
static int map_chunk(domid_t domid, uintptr_t va, const grant_ref_t *refs, size_t n, bool writable,
                     uint32_t *handles)
{
    struct gnttab_map_grant_ref ops[CHUNK];
    size_t i;
    long rc;
    int first = 0;

    for (i = 0; i < n; i++)
        ops[i] = (struct gnttab_map_grant_ref){
            .host_addr = va + i * PV_PAGE_SIZE,
            .flags = GNTMAP_host_map | (writable ? 0 : GNTMAP_readonly),
            .ref = refs[i],
            .dom = domid,
            .status = GNTST_general_error,
        };
    rc = HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, ops, (unsigned int)n);
    for (i = 0; i < n; i++) {
        if (rc == 0 && ops[i].status == GNTST_okay)
            handles[i] = ops[i].handle;
        else if (first == 0)
            first = rc ? pv_errno_from_xen(rc) : pv_grant_error(ops[i].status);
    }
    return first;
}

static int unmap_chunk(uintptr_t va, const uint32_t *handles, size_t n)
{
    struct gnttab_unmap_grant_ref ops[CHUNK];
    size_t i, used = 0;
    int first = 0;
    long rc;

    for (i = 0; i < n; i++)
        if (handles[i] != NO_HANDLE)
            ops[used++] = (struct gnttab_unmap_grant_ref){
                .host_addr = va + i * PV_PAGE_SIZE,
                .handle = handles[i],
                .status = GNTST_general_error,
            };
    rc = used ? HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, ops, (unsigned int)used) : 0;
    for (i = 0; i < used && first == 0; i++)
        first = rc ? pv_errno_from_xen(rc) : pv_grant_error(ops[i].status);
    return first;
}

static int unmap_all(struct pv_area *area)
{
    size_t at, n;
    int rc, first = 0;

    for (at = 0; at < area->pages; at += n) {
        n = area->pages - at < CHUNK ? area->pages - at : CHUNK;
        rc = unmap_chunk(area->start + at * PV_PAGE_SIZE, area->handles + at, n);
        first = first ? first : rc;
    }
    return first;
}

/* Address space with page tables, and handles that say "not mapped". */
static struct pv_area *prepare(size_t n)
{
    struct pv_area *area = pv_area_alloc(&pv_map_window, n);
    size_t i;

    if (!area)
        return NULL;
    area->handles = malloc(n * sizeof(*area->handles));
    if (!area->handles || !pv_pt_make_tables(area->start, n)) {
        pv_area_free(&pv_map_window, area);
        return NULL;
    }
    for (i = 0; i < n; i++)
        area->handles[i] = NO_HANDLE;
    return area;
}

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    struct pv_area *area = prepare(n);
    int rc = area ? 0 : -ENOMEM;
    size_t at, count;

    for (at = 0; rc == 0 && at < n; at += count) {
        count = n - at < CHUNK ? n - at : CHUNK;
        rc = map_chunk(domid, area->start + at * PV_PAGE_SIZE, refs + at, count, writable,
                       area->handles + at);
    }
    if (err)
        *err = rc;
    if (rc == 0)
        return (void *)area->start;
    if (area && unmap_all(area) == 0)
        pv_area_free(&pv_map_window, area);
    return NULL;
}

int pv_grant_unmap(void *p, size_t n)
{
    struct pv_area *area = pv_area_find(&pv_map_window, p, n);
    int rc;

    if (!area || !area->handles)
        return -EINVAL;
    rc = unmap_all(area);
    if (rc == 0)    /* otherwise something is still mapped there: the address must not be used again */
        pv_area_free(&pv_map_window, area);
    return rc;
}

int pv_grant_copy(struct gnttab_copy *ops, size_t n)
{
    size_t i;
    long rc;

    for (i = 0; i < n; i++)
        ops[i].status = GNTST_general_error;
    rc = HYPERVISOR_grant_table_op(GNTTABOP_copy, ops, (unsigned int)n);
    if (rc != 0)
        return pv_errno_from_xen(rc);
    for (i = 0; i < n; i++)
        if (ops[i].status != GNTST_okay)
            return -EIO;
    return 0;
}
