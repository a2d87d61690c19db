/* vcpu_op: a guest's own vcpus. */
#include <xen/errno.h>
#include <xen/vcpu.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "domain/vcpu.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/heap.h"

/* A context is larger than a stack should have to hold. */
static __attribute__((noinline)) long initialise(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_guest_context c;
    long rc;

    if (copy_from_guest(&c, arg, sizeof(c)))
        return refuse(-XEN_EFAULT, "vcpu context");
    if (atomic_exchange(&v->initialising, true))
        return -ERESTART;   /* a sibling is at it: then there is one */
    rc = v->initialised ? refuse(-XEN_EEXIST, "vcpu %u has a context", v->id) : vcpu_set_context(v, &c);
    v->initialising = false;
    return rc;
}

static long up(struct vcpu *v)
{
    if (!v->initialised)
        return refuse(-XEN_EINVAL, "vcpu %u has no context", v->id);
    vcpu_up(v);
    return 0;
}

/* mmu_lock held: siblings may try at once, or let it run. */
static long move_info(struct vcpu *v, const struct vcpu_register_vcpu_info *op)
{
    mfn_t m = mfn(op->mfn);
    struct vcpu_info *to;
    long rc;

    if (!mfn_eq(v->info_mfn, MFN_NONE))
        return refuse(-XEN_EINVAL, "register_vcpu_info: it has been moved already");
    if (v != current && !(v->sched.flags & VCPU_DOWN))
        return refuse(-XEN_EINVAL, "register_vcpu_info: vcpu %u runs", v->id);
    if (!frame_get(m.n, v->domain->id))
        return refuse(-XEN_EINVAL, "register_vcpu_info: frame %lx", m.n);
    rc = frame_get_writable(m, true);
    if (rc) {
        frame_put(m);
        if (rc == -ERESTART)
            return rc;
        return refuse(-XEN_EINVAL, "register_vcpu_info: frame %lx can't be written to", m.n);
    }
    to = (struct vcpu_info *)((char *)frame_virt(m) + op->offset);
    *to = *v->info;
    v->info_mfn = m;
    v->info = to;
    return 0;
}

static __attribute__((noinline)) long register_info(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_register_vcpu_info op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "register_vcpu_info: argument");
    if (op.offset > PAGE_SIZE - sizeof(struct vcpu_info) || (op.offset & 7))
        return refuse(-XEN_ENXIO, "register_vcpu_info: offset %u", op.offset);
    spin_lock(&v->domain->mmu_lock);
    rc = move_info(v, &op);
    spin_unlock(&v->domain->mmu_lock);
    if (rc == 0)
        event_vcpu_info_moved(v);
    return rc;
}

static long get_physid(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_get_physid op = { .phys_id = cpus[v->sched.cpu].apic_id };

    /* Of use to the control domain's drivers alone, and only while the answer stays right. */
    if (!v->domain->control || cpu_count == 1 || (v->sched.affinity & (v->sched.affinity - 1)))
        return refuse(-XEN_EINVAL, "get_physid: vcpu %u is not pinned", v->id);
    return copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : 0;
}

static long send_nmi(struct vcpu *v)
{
    vcpu_send_nmi(v);
    return 0;
}

long hypercall_vcpu_op(uint32_t cmd, uint32_t vcpuid, guest_addr_t arg)
{
    struct vcpu *v = domain_vcpu(current->domain, vcpuid);

    if (!v)
        return refuse(-XEN_ENOENT, "no vcpu %u", vcpuid);
    switch (cmd) {
    case VCPUOP_initialise:
        return initialise(v, arg);
    case VCPUOP_up:
        return up(v);
    case VCPUOP_down:
        vcpu_set_flags(v, VCPU_DOWN);
        return 0;
    case VCPUOP_is_up:
        return !(v->sched.flags & VCPU_DOWN);
    case VCPUOP_register_vcpu_info:
        return register_info(v, arg);
    case VCPUOP_send_nmi:
        return arg.a ? -XEN_EINVAL : send_nmi(v);
    case VCPUOP_get_physid:
        return get_physid(v, arg);
    default:
        return vcpu_op_timer(v, cmd, arg);
    }
}
