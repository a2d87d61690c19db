/* Hypercalls about the host. */
#include <errno.h>

#include <xen/errno.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/thread.h>

#include "control.h"

static int do_sysctl(struct xen_sysctl *op, uint32_t cmd)
{
    long rc;

    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    for (;;) {
        rc = HYPERVISOR_sysctl(op);
        if (rc != -XEN_EAGAIN)
            return pv_errno_from_xen(rc);
        pv_yield();
    }
}

int control_list(domid_t first, struct xen_domctl_getdomaininfo *list, unsigned max)
{
    struct xen_sysctl op = { 0 };
    int rc;

    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = max;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
    rc = do_sysctl(&op, XEN_SYSCTL_getdomaininfolist);
    return rc ? rc : (int)op.u.getdomaininfolist.num_domains;
}

int control_physinfo(struct xen_sysctl_physinfo *info)
{
    struct xen_sysctl op = { 0 };
    int rc = do_sysctl(&op, XEN_SYSCTL_physinfo);

    if (rc == 0)
        *info = op.u.physinfo;
    return rc;
}

int control_scheduler(uint32_t *id)
{
    struct xen_sysctl op = { 0 };
    int rc = do_sysctl(&op, XEN_SYSCTL_sched_id);

    if (rc == 0)
        *id = op.u.sched_id.sched_id;
    return rc;
}

int control_read_log(char *buffer, uint32_t *count, uint32_t *index, bool clear)
{
    struct xen_sysctl op = { 0 };
    int rc;

    op.u.readconsole.clear = clear;
    op.u.readconsole.incremental = 1;
    op.u.readconsole.index = *index;
    op.u.readconsole.count = *count;
    set_xen_guest_handle(op.u.readconsole.buffer, buffer);
    rc = do_sysctl(&op, XEN_SYSCTL_readconsole);
    if (rc == 0) {
        *count = op.u.readconsole.count;
        *index = op.u.readconsole.index;
    }
    return rc;
}

int control_debug_keys(const char *keys, uint32_t count)
{
    struct xen_sysctl op = { 0 };

    set_xen_guest_handle(op.u.debug_keys.keys, keys);
    op.u.debug_keys.nr_keys = count;
    return do_sysctl(&op, XEN_SYSCTL_debug_keys);
}
