/* Hypercalls about a domain's memory, tables, ports and grants. */
#include <errno.h>
#include <string.h>

#include <xen/grant_table.h>
#include <xen/memory.h>
#include <pv/error.h>
#include <pv/hypercall.h>

#include "control.h"

int control_populate(domid_t domid, xen_pfn_t *frames, size_t count)
{
    struct xen_memory_reservation r = { .nr_extents = count, .domid = domid };
    long rc;

    set_xen_guest_handle(r.extent_start, frames);
    rc = HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
    if (rc < 0)
        return pv_errno_from_xen(rc);
    return (size_t)rc == count ? 0 : -ENOMEM;
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
