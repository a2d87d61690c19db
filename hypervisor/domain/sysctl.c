/* sysctl: the host, for the control domain (the dispatcher has checked that). */
#include <xen/errno.h>
#include <xen/sysctl.h>
#include "console/console.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/control.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/heap.h"

static long readconsole(struct xen_sysctl_readconsole *op)
{
    guest_addr_t to = guest_ptr(op->buffer.p);
    uint32_t index = op->incremental ? op->index : 0, stored = 0;
    bool incremental = op->incremental;
    char part[256];

    while (stored < op->count) {
        size_t n = console_ring_read(part, MIN(sizeof(part), op->count - stored), &index, incremental, false);

        if (n == 0)
            break;
        incremental = true;
        if (copy_to_guest(guest_add(to, stored), part, n))
            return refuse(-XEN_EFAULT, "readconsole: buffer");
        stored += (uint32_t)n;
    }
    if (op->clear)
        (void)console_ring_read(part, 0, &index, true, true);
    op->index = index;
    op->count = stored;
    return 0;
}

static long physinfo(struct xen_sysctl_physinfo *op)
{
    memset(op, 0, sizeof(*op));
    op->threads_per_core = 1;
    op->cores_per_socket = cpu_count;
    op->nr_cpus = cpu_count;
    op->max_cpu_id = cpu_count - 1;
    op->nr_nodes = 1;
    op->cpu_khz = tsc_khz();
    op->capabilities = XEN_SYSCTL_PHYSCAP_pv;
    op->total_pages = frame_total;
    op->free_pages = heap_free_frames();
    op->max_mfn = frame_limit - 1;
    return 0;
}

static long getdomaininfolist(struct xen_sysctl_getdomaininfolist *op)
{
    int id = (int)op->first_domain - 1;

    op->num_domains = 0;
    while (op->num_domains < op->max_domains) {
        struct xen_domctl_getdomaininfo info;
        struct domain *d = domain_next(id);

        if (!d)
            break;
        id = d->id;
        control_describe(d, &info);
        domain_put(d);
        if (copy_to_guest_index(guest_ptr(op->buffer.p), op->num_domains, &info))
            return refuse(-XEN_EFAULT, "getdomaininfolist: buffer");
        op->num_domains++;
    }
    return 0;
}

static long debug_keys(const struct xen_sysctl_debug_keys *op)
{
    for (uint32_t i = 0; i < MIN(op->nr_keys, 64U); i++) {
        char key;

        if (copy_from_guest(&key, guest_ptr((const char *)op->keys.p + i), 1))
            return refuse(-XEN_EFAULT, "debug_keys");
        debug_key(key);
    }
    return 0;
}

static long getcpuinfo(struct xen_sysctl_getcpuinfo *op)
{
    for (op->nr_cpus = 0; op->nr_cpus < MIN(op->max_cpus, cpu_count); op->nr_cpus++) {
        struct xen_sysctl_cpuinfo info = { .idletime = cpus[op->nr_cpus].idle_ns };

        if (copy_to_guest_index(guest_ptr(op->info.p), op->nr_cpus, &info))
            return refuse(-XEN_EFAULT, "getcpuinfo");
    }
    return 0;
}

static long availheap(struct xen_sysctl_availheap *op)
{
    op->avail_bytes = op->node > 0 ? 0 : heap_free_frames() << PAGE_SHIFT;
    return 0;
}

/* One socket, one node: how a machine's CPUs lie to each other makes no difference here. */
static long cputopoinfo(struct xen_sysctl_cputopoinfo *op)
{
    uint32_t room = op->num_cpus;

    op->num_cpus = cpu_count;
    if (!op->cputopo.p)
        return 0;
    for (uint32_t i = 0; i < MIN(room, cpu_count); i++) {
        struct xen_sysctl_cputopo t = { .core = i };

        if (copy_to_guest_index(guest_ptr(op->cputopo.p), i, &t))
            return refuse(-XEN_EFAULT, "cputopoinfo");
    }
    return 0;
}

static long numainfo(struct xen_sysctl_numainfo *op)
{
    struct xen_sysctl_meminfo m = { .memsize = frame_total << PAGE_SHIFT,
                                    .memfree = heap_free_frames() << PAGE_SHIFT };
    uint32_t distance = 10, room = op->num_nodes;

    op->num_nodes = 1;
    if (room == 0)
        return 0;
    if (op->meminfo.p && copy_to_guest(guest_ptr(op->meminfo.p), &m, sizeof(m)))
        return -XEN_EFAULT;
    if (op->distance.p && copy_to_guest(guest_ptr(op->distance.p), &distance, sizeof(distance)))
        return -XEN_EFAULT;
    return 0;
}

static long control(struct xen_sysctl *op)
{
    switch (op->cmd) {
    case XEN_SYSCTL_readconsole:
        return readconsole(&op->u.readconsole);
    case XEN_SYSCTL_physinfo:
        return physinfo(&op->u.physinfo);
    case XEN_SYSCTL_sched_id:
        op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return getdomaininfolist(&op->u.getdomaininfolist);
    case XEN_SYSCTL_debug_keys:
        return debug_keys(&op->u.debug_keys);
    case XEN_SYSCTL_getcpuinfo:
        return getcpuinfo(&op->u.getcpuinfo);
    case XEN_SYSCTL_availheap:
        return availheap(&op->u.availheap);
    case XEN_SYSCTL_cputopoinfo:
        return cputopoinfo(&op->u.cputopoinfo);
    case XEN_SYSCTL_numainfo:
        return numainfo(&op->u.numainfo);
    default:
        return refuse(-XEN_ENOSYS, "sysctl %u", op->cmd);
    }
}

long hypercall_sysctl(guest_addr_t arg)
{
    struct xen_sysctl op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "sysctl: argument");
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return refuse(-XEN_EACCES, "sysctl: interface version %x", op.interface_version);
    rc = control(&op);
    if (rc == 0 && copy_to_guest(arg, &op, sizeof(op)))
        rc = -XEN_EFAULT;
    return rc;
}
