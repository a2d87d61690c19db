/* memory_op: the caller's sub-operations on memory, decoded. What changes a
 * domain's frames is in reservation.c. */
#include <xen/errno.h>
#include <xen/memory.h>
#include "boot/boot-info.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"
#include "memory/reservation.h"

/* The domain that an operation is about, with a reference. Others than the
 * caller only for the control domain. */
static long target_get(domid_t id, struct domain **d)
{
    struct domain *self = current->domain;

    if (id == DOMID_SELF || id == self->id) {
        *d = domain_get(self);
        return 0;
    }
    if (id < DOMID_FIRST_RESERVED && !self->control)
        return refuse(-XEN_EPERM, "memory_op: for d%u", id);
    *d = id < DOMID_FIRST_RESERVED ? domain_find(id) : NULL;
    return *d ? 0 : refuse(-XEN_ESRCH, "memory_op: no domain d%u", id);
}

/* The answer is how many extents were done, and so 0, no error, also where
 * there is no argument or no domain. */
static long reservation_op(uint32_t cmd, guest_addr_t arg)
{
    struct xen_memory_reservation r;
    struct domain *d;
    long rc;

    if (copy_from_guest(&r, arg, sizeof(r)))
        return refuse(0, "memory_op %u: argument", cmd);
    rc = target_get(r.domid, &d);
    if (rc)
        return rc == -XEN_ESRCH ? 0 : rc;
    rc = cmd == XENMEM_decrease_reservation ? reservation_decrease(d, &r) : reservation_populate(d, &r, cmd);
    domain_put(d);
    return rc;
}

/* The guest's own word, told back; it must not look like an error. A domain whose end is over has none. */
static long told_max_pfn(struct domain *d)
{
    const struct shared_info *s = *(struct shared_info *volatile *)&d->shared_info;

    return s ? (long)(*(volatile uint64_t *)&s->arch.max_pfn & INT64_MAX) : -XEN_ESRCH;
}

/* The caller's argument is a domid alone. */
static long count_op(uint32_t cmd, guest_addr_t arg)
{
    struct domain *d;
    domid_t id;
    long rc;

    if (copy_from_guest(&id, arg, sizeof(id)))
        return refuse(-XEN_EFAULT, "memory_op %u: domid", cmd);
    rc = target_get(id, &d);
    if (rc)
        return rc;
    if (cmd == XENMEM_current_reservation)
        rc = (long)d->frames;
    else if (cmd == XENMEM_maximum_reservation)
        rc = (long)d->frames_max;
    else
        rc = told_max_pfn(d);
    domain_put(d);
    return rc;
}

static long machine_memory_map(guest_addr_t arg)
{
    struct e820_entry e;
    struct xen_memory_map map;
    unsigned int n;

    if (!current->domain->control)
        return refuse(-XEN_EPERM, "machine_memory_map");
    if (copy_from_guest(&map, arg, sizeof(map)))
        return refuse(-XEN_EFAULT, "machine_memory_map: argument");
    if (map.nr_entries < boot_info.range_count)
        return refuse(-XEN_EINVAL, "machine_memory_map: room for %u of %u entries", map.nr_entries,
                      boot_info.range_count);
    for (n = 0; n < boot_info.range_count; n++) {
        const struct boot_range *r = &boot_info.ranges[n];

        e = (struct e820_entry){ .addr = r->start, .size = r->end - r->start, .type = r->type };
        if (copy_to_guest_index(guest_ptr(map.buffer.p), n, &e))
            return refuse(-XEN_EFAULT, "machine_memory_map: buffer");
    }
    map.nr_entries = n;
    return copy_to_guest(arg, &map, sizeof(map)) ? -XEN_EFAULT : 0;
}

static long set_memory_map(guest_addr_t arg)
{
    struct xen_foreign_memory_map map;
    struct domain *d;
    long rc;

    if (copy_from_guest(&map, arg, sizeof(map)))
        return refuse(-XEN_EFAULT, "set_memory_map: argument");
    if (map.map.nr_entries > ARRAY_SIZE(d->e820))
        return refuse(-XEN_EINVAL, "set_memory_map: %u entries", map.map.nr_entries);
    rc = target_get(map.domid, &d);
    if (rc)
        return rc;
    d->e820_entries = 0;
    if (copy_from_guest(d->e820, guest_ptr(map.map.buffer.p), map.map.nr_entries * sizeof(d->e820[0])))
        rc = refuse(-XEN_EFAULT, "set_memory_map: buffer");
    else
        d->e820_entries = map.map.nr_entries;
    domain_put(d);
    return rc;
}

/* A guest that was given no map is told so, and then makes one from what it owns. As much as fits is told. */
static long memory_map(guest_addr_t arg)
{
    struct domain *d = current->domain;
    struct xen_memory_map map;

    if (copy_from_guest(&map, arg, sizeof(map)))
        return refuse(-XEN_EFAULT, "memory_map: argument");
    if (!d->e820_entries)
        return -XEN_ENOSYS;
    map.nr_entries = MIN(d->e820_entries, map.nr_entries);
    if (copy_to_guest(guest_ptr(map.buffer.p), d->e820, map.nr_entries * sizeof(d->e820[0])))
        return refuse(-XEN_EFAULT, "memory_map: buffer");
    return copy_to_guest(arg, &map, sizeof(map)) ? -XEN_EFAULT : 0;
}

static long machphys_mapping(guest_addr_t arg)
{
    struct xen_machphys_mapping m = {
        .v_start = M2P_VIRT, .v_end = m2p_end(), .max_mfn = (m2p_end() - M2P_VIRT) / sizeof(uint64_t) - 1,
    };

    return copy_to_guest(arg, &m, sizeof(m)) ? -XEN_EFAULT : 0;
}

static long machphys_mfn_list(guest_addr_t arg)
{
    struct xen_machphys_mfn_list list;
    uint64_t chunks = DIV_ROUND_UP(frame_limit, 1UL << M2P_CHUNK_SHIFT), m;
    unsigned int n = 0;

    if (!current->domain->control)
        return refuse(-XEN_EPERM, "machphys_mfn_list");
    if (copy_from_guest(&list, arg, sizeof(list)))
        return refuse(-XEN_EFAULT, "machphys_mfn_list: argument");
    for (m = 0; n < list.max_extents && n < chunks; n++) {
        if (m2p_chunks[n])
            m = virt_mfn(m2p_chunks[n]).n;      /* a hole repeats the chunk before it */
        if (copy_to_guest_index(guest_ptr(list.extent_start.p), n, &m))
            return refuse(-XEN_EFAULT, "machphys_mfn_list: list");
    }
    list.nr_extents = n;
    return copy_to_guest(arg, &list, sizeof(list)) ? -XEN_EFAULT : 0;
}

long hypercall_memory_op(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return reservation_op(cmd, arg);
    case XENMEM_maximum_ram_page:
        return (long)frame_limit - 1;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return count_op(cmd, arg);
    case XENMEM_memory_map:
        return memory_map(arg);
    case XENMEM_machine_memory_map:
        return machine_memory_map(arg);
    case XENMEM_set_memory_map:
        return set_memory_map(arg);
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
    case XENMEM_machphys_mfn_list:
        return machphys_mfn_list(arg);
    case XENMEM_machphys_compat_mfn_list:
        return refuse(-XEN_EOPNOTSUPP, "machphys_compat_mfn_list: no 32-bit guests");
    default:
        return refuse(-XEN_ENOSYS, "memory_op %u", cmd);
    }
}

long hypercall_vm_assist(uint32_t cmd, uint32_t type)
{
    struct domain *d = current->domain;

    if (type >= 32 || !(VM_ASSIST_KNOWN & (1U << type)))
        return refuse(-XEN_EINVAL, "vm_assist: type %u", type);
    switch (cmd) {
    case VMASST_CMD_enable:
        atomic_fetch_or(&d->vm_assist, 1U << type);
        return 0;
    case VMASST_CMD_disable:
        atomic_fetch_and(&d->vm_assist, ~(1U << type));
        return 0;
    default:
        return refuse(-XEN_ENOSYS, "vm_assist: command %u", cmd);
    }
}
