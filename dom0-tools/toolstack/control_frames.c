/* Hypercalls about a domain's memory, tables, ports and grants. */
#include <errno.h>
#include <string.h>

#include <xen/grant_table.h>
#include <xen/memory.h>
#include <pv/error.h>
#include <pv/hypercall.h>

#include "control.h"

#define BLOCK_ORDER  5u
#define BLOCK_FRAMES (1u << BLOCK_ORDER)

/* Asks for extents of 2^order frames; frames[] holds their pfns and then their machine frames. How many were
 * given, or a negative errno. */
static long populate(domid_t domid, xen_pfn_t *frames, size_t extents, unsigned order)
{
    struct xen_memory_reservation r = { .nr_extents = extents, .extent_order = order, .domid = domid };
    long rc;

    if (extents == 0)
        return 0;
    set_xen_guest_handle(r.extent_start, frames);
    rc = HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
    return rc < 0 ? pv_errno_from_xen(rc) : rc;
}

/* Whole blocks first: far fewer steps in the hypervisor. Returns the frames given, from frames[0] on. */
static size_t populate_blocks(domid_t domid, xen_pfn_t first, xen_pfn_t *frames, size_t count)
{
    size_t blocks = count / BLOCK_FRAMES;
    long got;

    for (size_t i = 0; i < blocks; i++)
        frames[i] = first + i * BLOCK_FRAMES;
    got = populate(domid, frames, blocks, BLOCK_ORDER);
    if (got <= 0)
        return 0;
    /* Spread from the last block on: no block's base is overwritten before it is read. */
    for (size_t i = (size_t)got; i-- > 0;) {
        xen_pfn_t base = frames[i];

        for (size_t k = 0; k < BLOCK_FRAMES; k++)
            frames[i * BLOCK_FRAMES + k] = base + k;
    }
    return (size_t)got * BLOCK_FRAMES;
}

int control_populate(domid_t domid, xen_pfn_t first, xen_pfn_t *frames, size_t count)
{
    size_t done = populate_blocks(domid, first, frames, count);
    long rc;

    /* What is left: the tail, and everything that a fragmented host has no blocks for. */
    for (size_t i = done; i < count; i++)
        frames[i] = first + i;
    rc = populate(domid, frames + done, count - done, 0);
    if (rc < 0)
        return (int)rc;
    return (size_t)rc == count - done ? 0 : -ENOMEM;
}

int control_pin(domid_t domid, xen_pfn_t l4)
{
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE };

    op.arg1.mfn = l4;
    return pv_errno_from_xen(HYPERVISOR_mmuext_op(&op, 1, NULL, domid));
}

int control_new_port(domid_t domid, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = { .dom = domid, .remote_dom = DOMID_SELF };
    int rc = pv_errno_from_xen(HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op));

    if (rc == 0)
        *port = op.port;
    return rc;
}

int control_grant_frame(domid_t domid, xen_pfn_t *mfn)
{
    struct gnttab_setup_table op = { .dom = domid, .nr_frames = 1 };
    int rc;

    set_xen_guest_handle(op.frame_list, mfn);
    rc = pv_errno_from_xen(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &op, 1));
    if (rc == 0 && op.status != GNTST_okay)
        rc = op.status == GNTST_no_space ? -ENOSPC : -EIO;
    return rc;
}
