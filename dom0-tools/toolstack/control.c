/* Hypercalls about domains. Restarts that the hypervisor leaves to the caller are followed here. */
#include <errno.h>
#include <string.h>

#include <xen/errno.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/thread.h>

#include "control.h"

static int domctl(struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
    long rc;

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    for (;;) {
        rc = HYPERVISOR_domctl(op);
        if (rc != -XEN_EAGAIN)
            return pv_errno_from_xen(rc);
        pv_yield();
    }
}

int control_create(const uint8_t uuid[16], const struct control_limits *limits, domid_t *domid)
{
    struct xen_domctl op = { 0 };
    int rc;

    memcpy(op.u.createdomain.handle, uuid, 16);
    op.u.createdomain.max_vcpus = limits->vcpus;
    op.u.createdomain.max_evtchn_port = limits->ports;
    op.u.createdomain.max_grant_frames = (int32_t)limits->grant_frames;
    op.u.createdomain.max_maptrack_frames = (int32_t)limits->maptrack_frames;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    rc = domctl(&op, XEN_DOMCTL_createdomain, 0);
    if (rc == 0)
        *domid = op.domain;
    return rc;
}

int control_make_vcpus(domid_t domid, unsigned vcpus)
{
    struct xen_domctl op = { 0 };

    op.u.max_vcpus.max = vcpus;
    return domctl(&op, XEN_DOMCTL_max_vcpus, domid);
}

int control_destroy(domid_t domid)
{
    struct xen_domctl op = { 0 };

    return domctl(&op, XEN_DOMCTL_destroydomain, domid);
}

int control_pause(domid_t domid)
{
    struct xen_domctl op = { 0 };

    return domctl(&op, XEN_DOMCTL_pausedomain, domid);
}

int control_unpause(domid_t domid)
{
    struct xen_domctl op = { 0 };

    return domctl(&op, XEN_DOMCTL_unpausedomain, domid);
}

int control_max_memory(domid_t domid, uint64_t kib)
{
    struct xen_domctl op = { 0 };

    op.u.max_mem.max_memkb = kib;
    return domctl(&op, XEN_DOMCTL_max_mem, domid);
}

int control_trigger(domid_t domid, unsigned trigger, unsigned vcpu)
{
    struct xen_domctl op = { 0 };

    op.u.sendtrigger.trigger = trigger;
    op.u.sendtrigger.vcpu = vcpu;
    return domctl(&op, XEN_DOMCTL_sendtrigger, domid);
}

static void use_bitmap(struct xenctl_bitmap *bitmap, struct config_cpus *cpus)
{
    set_xen_guest_handle(bitmap->bitmap, (uint8_t *)cpus->bits);
    bitmap->nr_bits = CONFIG_MAX_CPUS;
}

int control_set_affinity(domid_t domid, unsigned vcpu, const struct config_cpus *cpus)
{
    struct xen_domctl op = { 0 };
    struct config_cpus set = *cpus; /* the hypervisor writes back what it made of it */

    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    use_bitmap(&op.u.vcpuaffinity.cpumap_hard, &set);
    return domctl(&op, XEN_DOMCTL_setvcpuaffinity, domid);
}

int control_get_affinity(domid_t domid, unsigned vcpu, struct config_cpus *cpus)
{
    struct xen_domctl op = { 0 };

    memset(cpus, 0, sizeof(*cpus));
    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    use_bitmap(&op.u.vcpuaffinity.cpumap_hard, cpus);
    return domctl(&op, XEN_DOMCTL_getvcpuaffinity, domid);
}

int control_vcpu_info(domid_t domid, unsigned vcpu, struct xen_domctl_getvcpuinfo *info)
{
    struct xen_domctl op = { 0 };
    int rc;

    op.u.getvcpuinfo.vcpu = vcpu;
    rc = domctl(&op, XEN_DOMCTL_getvcpuinfo, domid);
    if (rc == 0)
        *info = op.u.getvcpuinfo;
    return rc;
}

int control_schedule(domid_t domid, unsigned weight, unsigned cap)
{
    struct xen_domctl op = { 0 };
    struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;
    uint32_t id;
    int rc = control_scheduler(&id);

    if (rc)
        return rc;
    if (id != XEN_SCHEDULER_CREDIT && id != XEN_SCHEDULER_CREDIT2)
        return -EOPNOTSUPP;
    s->sched_id = id;
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    rc = domctl(&op, XEN_DOMCTL_scheduler_op, domid);
    if (rc)
        return rc;
    s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    if (id == XEN_SCHEDULER_CREDIT) {
        s->u.credit.weight = weight ? (uint16_t)weight : s->u.credit.weight;
        s->u.credit.cap = (uint16_t)cap;
    } else {
        s->u.credit2.weight = weight ? (uint16_t)weight : s->u.credit2.weight;
        s->u.credit2.cap = (uint16_t)cap;
    }
    return domctl(&op, XEN_DOMCTL_scheduler_op, domid);
}

int control_set_vcpu(domid_t domid, unsigned vcpu, struct vcpu_guest_context *context)
{
    struct xen_domctl op = { 0 };

    op.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)context);
    return domctl(&op, XEN_DOMCTL_setvcpucontext, domid);
}

int control_hypercall_page(domid_t domid, xen_pfn_t mfn)
{
    struct xen_domctl op = { 0 };

    op.u.hypercall_init.gmfn = mfn;
    return domctl(&op, XEN_DOMCTL_hypercall_init, domid);
}

int control_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = { 0 };
    int rc = domctl(&op, XEN_DOMCTL_getdomaininfo, domid);

    /* Asked for a domain that does not exist, Xen answers with the next one. */
    if (rc == -ESRCH || (rc == 0 && op.u.getdomaininfo.domain != domid))
        return -ENOENT;
    if (rc == 0)
        *info = op.u.getdomaininfo;
    return rc;
}
