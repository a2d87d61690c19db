/* physdev_op: which ports a vcpu may use. The operations on interrupts and PCI devices are not there:
 * -ENOSYS. */
#include <xen/errno.h>
#include <xen/physdev.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

static long set_iopl(guest_addr_t arg)
{
    struct physdev_set_iopl op;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "set_iopl: argument");
    if (op.iopl > 3)
        return refuse(-XEN_EINVAL, "set_iopl %u", op.iopl);
    current->iopl = (uint8_t)op.iopl;
    return 0;
}

/* The bitmap stays in guest memory and is looked at for each instruction. */
static long set_iobitmap(guest_addr_t arg)
{
    struct physdev_set_iobitmap op;
    struct vcpu *v = current;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "set_iobitmap: argument");
    if (op.nr_ports > 65536)
        return refuse(-XEN_EINVAL, "set_iobitmap: %u ports", op.nr_ports);
    if (op.nr_ports && !guest_range_ok((uint64_t)op.bitmap.p, DIV_ROUND_UP(op.nr_ports, 8U)))
        return refuse(-XEN_EINVAL, "set_iobitmap: at %lx", (uint64_t)op.bitmap.p);
    v->iobitmap = guest_ptr(op.bitmap.p);
    v->iobitmap_ports = op.nr_ports;
    return 0;
}

long hypercall_physdev_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case PHYSDEVOP_set_iopl:
        return set_iopl(arg);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(arg);
    default:
        return refuse(-XEN_ENOSYS, "physdev_op %u", cmd);
    }
}

/* The same with the number in front of the argument. */
long hypercall_physdev_op_compat(guest_addr_t op)
{
    uint64_t cmd;

    if (copy_from_guest(&cmd, op, sizeof(cmd)))
        return refuse(-XEN_EFAULT, "physdev_op: argument");
    return hypercall_physdev_op((uint32_t)cmd, guest_add(op, offsetof(struct physdev_op, u)));
}
