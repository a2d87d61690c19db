/* domctl: control of one domain. The dispatcher has checked that the caller is the
 * control domain. One call at a time. */
#include <xen/domctl.h>
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/control.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

spinlock_t control_lock = SPINLOCK_INIT(RANK_CONTROL);

#define GRANT_FRAMES_DEFAULT 4
#define GRANT_FRAMES_MAX     64
#define MAPTRACK_DEFAULT     0
#define MAPTRACK_MAX         64

static long create(struct xen_domctl *op)
{
    const struct xen_domctl_createdomain *c = &op->u.createdomain;
    struct domain_limits limits = {
        .vcpus = c->max_vcpus,
        .ports = c->max_evtchn_port >= 4095 ? 4096 : c->max_evtchn_port + 1,
        .grant_frames = c->max_grant_frames < 0 ? GRANT_FRAMES_DEFAULT : (unsigned int)c->max_grant_frames,
        .maptrack_frames =
            c->max_maptrack_frames < 0 ? MAPTRACK_DEFAULT : (unsigned int)c->max_maptrack_frames,
    };
    struct domain *d;
    long rc;

    if (c->flags & ~(uint32_t)XEN_DOMCTL_CDF_xs_domain)
        return refuse(-XEN_EINVAL, "createdomain: flags %x: only PV domains", c->flags);
    if (limits.grant_frames > GRANT_FRAMES_MAX || limits.maptrack_frames > MAPTRACK_MAX)
        return refuse(-XEN_EINVAL, "createdomain: grant frames %u, map track frames %u", limits.grant_frames,
                      limits.maptrack_frames);
    if (op->domain >= DOMID_FIRST_RESERVED && op->domain != DOMID_INVALID)
        return refuse(-XEN_EINVAL, "createdomain: number %u", op->domain);
    rc = domain_create(op->domain == DOMID_INVALID ? 0 : op->domain, false, c->handle, &limits, &d);
    if (rc)
        return rc;
    op->domain = d->id;
    domain_put(d);
    return 0;
}

static uint32_t state_flags(const struct domain *d, uint64_t *cpu_time, uint32_t *online)
{
    uint32_t flags = XEN_DOMINF_blocked;

    *cpu_time = 0;
    *online = 0;
    for (unsigned int i = 0; i < d->vcpu_count; i++) {
        const struct vcpu *v = d->vcpus[i];

        *cpu_time += sched_vcpu_time(v);
        if (v->sched.flags & VCPU_DOWN)
            continue;
        ++*online;
        if (!(v->sched.flags & (VCPU_BLOCKED | VCPU_POLLING)))
            flags &= ~XEN_DOMINF_blocked;
        if (v->sched.running)
            flags |= XEN_DOMINF_running;
    }
    if (d->dying)
        flags |= XEN_DOMINF_dying;
    if (d->shut_down)
        flags |= XEN_DOMINF_shutdown | ((uint32_t)(d->shutdown_code & 0xff) << XEN_DOMINF_shutdownshift);
    if (d->paused_by_control)
        flags |= XEN_DOMINF_paused;
    return flags;
}

void control_describe(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    memset(info, 0, sizeof(*info));
    info->domain = d->id;
    info->flags = state_flags(d, &info->cpu_time, &info->nr_online_vcpus);
    info->tot_pages = d->frames;
    info->max_pages = d->frames_max;
    info->shared_info_frame = d->shared_info ? virt_mfn(d->shared_info).n : UINT64_MAX;
    info->max_vcpu_id = d->vcpu_count - 1;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->gpaddr_bits = (uint8_t)cpu_features.phys_bits;
}

static long getdomaininfo(struct xen_domctl *op)
{
    struct domain *d;

    if (op->domain >= DOMID_FIRST_RESERVED)
        return refuse(-XEN_EINVAL, "getdomaininfo: number %u", op->domain);
    d = domain_next((int)op->domain - 1);
    if (!d)
        return -XEN_ESRCH;
    control_describe(d, &op->u.getdomaininfo);
    op->domain = d->id;
    domain_put(d);
    return 0;
}

static long set_context(struct domain *d, const struct xen_domctl_vcpucontext *op)
{
    struct vcpu *v = domain_vcpu(d, op->vcpu);
    struct vcpu_guest_context c;
    long rc;

    if (!v)
        return refuse(-XEN_EINVAL, "no vcpu %u", op->vcpu);
    if (d == current->domain)
        return refuse(-XEN_EINVAL, "setvcpucontext: of the caller");
    if (d->dying)
        return refuse(-XEN_EINVAL, "setvcpucontext: d%u is being destroyed", d->id);
    if (!op->ctxt.p)
        return refuse(-XEN_EOPNOTSUPP, "setvcpucontext: reset");
    if (copy_from_guest(&c, guest_ptr(op->ctxt.p), sizeof(c)))
        return refuse(-XEN_EFAULT, "setvcpucontext: context");
    domain_pause(d);
    rc = vcpu_set_context(v, &c);
    domain_unpause(d);
    return rc;
}

static long get_context(struct domain *d, const struct xen_domctl_vcpucontext *op)
{
    struct vcpu *v = domain_vcpu(d, op->vcpu);
    struct vcpu_guest_context c;

    if (!v)
        return refuse(-XEN_EINVAL, "no vcpu %u", op->vcpu);
    if (d == current->domain)
        return refuse(-XEN_EINVAL, "getvcpucontext: of the caller");
    if (!v->initialised)
        return refuse(-XEN_ENODATA, "vcpu %u has no context", op->vcpu);
    domain_pause(d);
    vcpu_get_context(v, &c);
    domain_unpause(d);
    return copy_to_guest(guest_ptr(op->ctxt.p), &c, sizeof(c)) ? -XEN_EFAULT : 0;
}

static long getvcpuinfo(struct domain *d, struct xen_domctl_getvcpuinfo *op)
{
    struct vcpu *v = domain_vcpu(d, op->vcpu);

    if (!v)
        return -XEN_EINVAL;
    op->online = !(v->sched.flags & VCPU_DOWN);
    op->blocked = !!(v->sched.flags & (VCPU_BLOCKED | VCPU_POLLING));
    op->running = v->sched.running;
    op->cpu_time = sched_vcpu_time(v);
    op->cpu = v->sched.cpu;
    return 0;
}

static long hypercall_init(struct domain *d, uint64_t n)
{
    long rc;

    if (!frame_get(n, d->id))
        return refuse(-XEN_EINVAL, "hypercall_init: frame %lx is not one of d%u", n, d->id);
    rc = frame_get_writable(mfn(n), false);
    if (rc == 0) {
        hypercall_page_fill(frame_virt(mfn(n)));
        frame_put_type(mfn(n));
    }
    frame_put(mfn(n));
    return rc == 0 || rc == -ERESTART ? rc : refuse(-XEN_EPERM, "hypercall_init: frame %lx is a table", n);
}

static long pause(struct domain *d)
{
    if (d == current->domain)
        return -XEN_EINVAL;
    if (!d->paused_by_control) {
        d->paused_by_control = true;
        domain_pause(d);
    }
    return 0;
}

static long unpause(struct domain *d)
{
    if (!d->paused_by_control)
        return -XEN_EINVAL;
    d->paused_by_control = false;
    domain_unpause(d);
    return 0;
}

static long resume(struct domain *d)
{
    if (d == current->domain)
        return -XEN_EINVAL;
    domain_resume(d);
    return 0;
}

static long trigger(struct domain *d, const struct xen_domctl_sendtrigger *op)
{
    struct vcpu *v = domain_vcpu(d, op->vcpu);

    if (!v)
        return -XEN_ESRCH;
    if (op->trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
        return refuse(-XEN_ENOSYS, "trigger %u: PV domains have NMIs only", op->trigger);
    vcpu_send_nmi(v);
    return 0;
}

static long scheduler_op(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    struct xen_domctl_sched_credit *p = &op->u.credit;
    bool set = op->cmd == XEN_DOMCTL_SCHEDOP_putinfo;

    if (op->sched_id != XEN_SCHEDULER_CREDIT || (!set && op->cmd != XEN_DOMCTL_SCHEDOP_getinfo))
        return -XEN_EINVAL;
    return sched_domain_params(d, &p->weight, &p->cap, set);
}

/* CPU maps of the ABI: bytes, least significant bit first, as many as both sides have. In what is told the
 * caller's further bits are clear. */
#define MAP_BYTES_MAX 1024UL

static long read_map(const struct xenctl_bitmap *map, uint64_t *bits)
{
    uint64_t bytes = DIV_ROUND_UP((uint64_t)map->nr_bits, 8);

    *bits = 0;
    return copy_from_guest_bytes(bits, guest_ptr(map->bitmap.p), MIN(bytes, sizeof(*bits))) ? -XEN_EFAULT : 0;
}

static long write_map(const struct xenctl_bitmap *map, uint64_t bits)
{
    uint64_t bytes = DIV_ROUND_UP((uint64_t)map->nr_bits, 8), known = MIN(bytes, sizeof(bits));
    guest_addr_t to = guest_ptr(map->bitmap.p);

    if (bytes > MAP_BYTES_MAX)
        return refuse(-XEN_EINVAL, "a map of %u CPUs", map->nr_bits);
    if (copy_to_guest_bytes(to, &bits, known) || clear_guest(guest_add(to, known), bytes - known))
        return -XEN_EFAULT;
    return 0;
}

static long affinity(struct domain *d, struct xen_domctl_vcpuaffinity *op, bool set)
{
    struct vcpu *v = domain_vcpu(d, op->vcpu);
    uint64_t hard, soft;
    long rc = 0;

    if (!v)
        return -XEN_EINVAL;
    if (!(op->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -XEN_EINVAL;
    hard = v->sched.affinity;
    soft = v->sched.affinity_soft;
    if (set) {
        if (op->flags & XEN_VCPUAFFINITY_HARD)
            rc = read_map(&op->cpumap_hard, &hard);
        if (rc == 0 && (op->flags & XEN_VCPUAFFINITY_SOFT))
            rc = read_map(&op->cpumap_soft, &soft);
        if (rc == 0)
            rc = vcpu_set_affinity(v, hard, soft);
    }
    if (rc == 0 && (op->flags & XEN_VCPUAFFINITY_HARD))
        rc = write_map(&op->cpumap_hard, v->sched.affinity);
    if (rc == 0 && (op->flags & XEN_VCPUAFFINITY_SOFT))
        rc = write_map(&op->cpumap_soft, v->sched.affinity_soft);
    return rc;
}

/* What concerns a domain that exists. */
static long one_domain(struct domain *d, struct xen_domctl *op)
{
    switch (op->cmd) {
    case XEN_DOMCTL_destroydomain:
        return d == first_domain ? refuse(-XEN_EINVAL, "the control domain can't be destroyed")
                                 : domain_destroy_step(d);
    case XEN_DOMCTL_pausedomain:
        return pause(d);
    case XEN_DOMCTL_unpausedomain:
        return unpause(d);
    case XEN_DOMCTL_resumedomain:
        return resume(d);
    case XEN_DOMCTL_max_mem:
        d->frames_max = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
        return 0;
    case XEN_DOMCTL_max_vcpus:
        return op->u.max_vcpus.max == d->vcpu_count ? 0 : -XEN_EINVAL;
    case XEN_DOMCTL_setvcpucontext:
        return set_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpucontext:
        return get_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpuinfo:
        return getvcpuinfo(d, &op->u.getvcpuinfo);
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        return affinity(d, &op->u.vcpuaffinity, op->cmd == XEN_DOMCTL_setvcpuaffinity);
    case XEN_DOMCTL_scheduler_op:
        return scheduler_op(d, &op->u.scheduler_op);
    case XEN_DOMCTL_setdomainhandle:
        memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
        return 0;
    case XEN_DOMCTL_hypercall_init:
        return hypercall_init(d, op->u.hypercall_init.gmfn);
    case XEN_DOMCTL_settimeoffset:
        d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
        domain_update_wallclock(d);
        return 0;
    case XEN_DOMCTL_sendtrigger:
        return trigger(d, &op->u.sendtrigger);
    case XEN_DOMCTL_set_address_size:
        return op->u.address_size.size == 64 ? 0 : -XEN_EINVAL;
    case XEN_DOMCTL_get_address_size:
        op->u.address_size.size = 64;
        return 0;
    default:
        return refuse(-XEN_ENOSYS, "domctl %u", op->cmd);
    }
}

static bool has_result(uint32_t cmd)
{
    switch (cmd) {
    case XEN_DOMCTL_createdomain:
    case XEN_DOMCTL_getdomaininfo:
    case XEN_DOMCTL_getvcpuinfo:
    case XEN_DOMCTL_scheduler_op:
    case XEN_DOMCTL_get_address_size:
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        return true;
    default:
        return false;
    }
}

static long control(struct xen_domctl *op)
{
    struct domain *d;
    long rc;

    if (op->cmd == XEN_DOMCTL_createdomain)
        return create(op);
    if (op->cmd == XEN_DOMCTL_getdomaininfo)
        return getdomaininfo(op);
    /* Here a domain is named by its number, also the caller. */
    d = op->domain < DOMID_FIRST_RESERVED ? domain_find(op->domain) : NULL;
    if (!d)
        return refuse(-XEN_ESRCH, "no domain d%u", op->domain);
    rc = one_domain(d, op);
    domain_put(d);
    return rc;
}

long hypercall_domctl(guest_addr_t arg)
{
    struct xen_domctl op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "domctl: argument");
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return refuse(-XEN_EACCES, "domctl: interface version %x", op.interface_version);
    spin_lock(&control_lock);
    rc = control(&op);
    spin_unlock(&control_lock);
    if (rc == 0 && has_result(op.cmd) && copy_to_guest(arg, &op, sizeof(op)))
        rc = -XEN_EFAULT;
    return rc;
}
