/* platform_op: the machine's firmware and clock, for the control domain. */
#include <xen/errno.h>
#include <xen/platform.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/control.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

/* The wall clock that all domains see, told by whoever asked the network. */
static long settime(const struct xenpf_settime64 *op)
{
    struct domain *d;

    if (op->mbz || op->nsecs >= 1000000000)
        return refuse(-XEN_EINVAL, "settime: %u ns", op->nsecs);
    wallclock_set(op->secs, op->nsecs, op->system_time);
    spin_lock(&control_lock);       /* no domain loses its shared page meanwhile */
    for (int id = -1; (d = domain_next(id)) != NULL; domain_put(d)) {
        id = d->id;
        if (d->shared_info)
            domain_update_wallclock(d);
    }
    spin_unlock(&control_lock);
    return 0;
}

static long cpuinfo(struct xenpf_pcpuinfo *op)
{
    op->max_present = cpu_count - 1;
    op->flags = 0;
    if (op->xen_cpuid >= cpu_count) {
        op->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    op->flags = XEN_PCPU_FLAGS_ONLINE;
    op->apic_id = cpus[op->xen_cpuid].apic_id;
    op->acpi_id = op->xen_cpuid;
    return 0;
}

long hypercall_platform_op(guest_addr_t arg)
{
    struct xen_platform_op op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "platform_op: argument");
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return refuse(-XEN_EACCES, "platform_op: interface version %x", op.interface_version);
    switch (op.cmd) {
    case XENPF_settime64:
        return settime(&op.u.settime64);
    case XENPF_get_cpuinfo:
        rc = cpuinfo(&op.u.pcpu_info);
        break;
    default:
        return refuse(-XEN_ENOSYS, "platform_op %u", op.cmd);
    }
    return rc == 0 && copy_to_guest(arg, &op, sizeof(op)) ? -XEN_EFAULT : rc;
}
