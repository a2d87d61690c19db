/* numbers.c: which hypercalls there are. The class of bug: a number that is used as an index before it is
 * compared, a hole that answers as if it had done something (XSA-15, XSA-313). */
#include "case.h"
#include "calls.h"

#define NO_OP 99    /* a sub-operation that none has */

/* Each is called so that it does nothing: with an unknown sub-operation, or an argument that is nowhere. */
static const struct row {
    unsigned int number;
    const char *what;
    unsigned long args[4];
    long domu, initial;
} there[] = {
    { 0, "set_trap_table, table unmapped", { 0x1000 }, -XEN_EFAULT, -XEN_EFAULT },
    { 1, "mmu_update, list unmapped", { 0x1000, 1, 0, DOMID_SELF }, -XEN_EFAULT, -XEN_EFAULT },
    { 2, "set_gdt, frames unmapped", { 0x1000, 1 }, -XEN_EFAULT, -XEN_EFAULT },
    { 5, "fpu_taskswitch, clear", { 0 }, 0, 0 },
    { 6, "sched_op_compat, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 8, "set_debugreg, register 99", { NO_OP }, -XEN_ENODEV, -XEN_ENODEV },
    { 9, "get_debugreg, register 99", { NO_OP }, -XEN_ENODEV, -XEN_ENODEV },
    { 10, "update_descriptor, address 1", { 1 }, -XEN_EINVAL, -XEN_EINVAL },
    { 12, "memory_op, unknown sub-op", { 63 }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 13, "multicall, list unmapped", { 0x1000, 1 }, -XEN_EFAULT, -XEN_EFAULT },
    { 14, "update_va_mapping, address without a table", { 0x700000000000 }, -XEN_EINVAL, -XEN_EINVAL },
    { 15, "set_timer_op, stop", { 0 }, 0, 0 },
    { 16, "event_channel_op_compat, argument unmapped", { 0x1000 }, -XEN_EFAULT, -XEN_EFAULT },
    { 17, "xen_version, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 18, "console_io, unknown sub-op", { NO_OP }, -XEN_EPERM, -XEN_ENOSYS },
    { 19, "physdev_op_compat, argument unmapped", { 0x1000 }, -XEN_EFAULT, -XEN_EFAULT },
    { 20, "grant_table_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 21, "vm_assist, unknown command", { NO_OP, 2 }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 22, "update_va_mapping_otherdomain, nobody", { 0, 0, 0, NOBODY }, -XEN_ESRCH, -XEN_ESRCH },
    { 24, "vcpu_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 25, "set_segment_base, unknown segment", { NO_OP }, -XEN_EINVAL, -XEN_EINVAL },
    { 26, "mmuext_op, list unmapped", { 0x1000, 1, 0, DOMID_SELF }, -XEN_EFAULT, -XEN_EFAULT },
    { 27, "xsm_op, argument unmapped, XSA-84 XSA-85", { 0x1000 }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 28, "nmi_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 29, "sched_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 30, "callback_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 31, "xenoprof_op, unknown sub-op, XSA-151 XSA-313", { NO_OP }, -XEN_EINVAL, -XEN_EINVAL },
    { 32, "event_channel_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 33, "physdev_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 34, "hvm_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 37, "kexec_op, unknown sub-op", { NO_OP }, -XEN_EPERM, 0 },
    { 38, "tmem_op, XSA-15", { 0x1000 }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 39, "argo_op, unknown sub-op", { NO_OP }, -XEN_ENOSYS, -XEN_ENOSYS },
    { 40, "xenpmu_op, unknown sub-op", { NO_OP }, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { 41, "dm_op, no buffers", { NOBODY }, -XEN_ENODATA, -XEN_ENODATA },
    { 42, "hypfs_op, unknown sub-op", { NO_OP }, -XEN_EPERM, -XEN_EINVAL },
    { 48, "mca, argument unmapped", { 0x1000 }, -XEN_EPERM, -XEN_EFAULT },
    { 49, "paging_domctl_cont, argument unmapped", { 0x1000 }, -XEN_EFAULT, -XEN_EFAULT },
};

void numbers_there(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        const struct row *r = &there[i];

        check(named("hypercall %u: %s", r->number, r->what),
              PV_HYPERCALL4(r->number, r->args[0], r->args[1], r->args[2], r->args[3]),
              by_role(r->domu, r->initial));
    }
}

static const struct hole {
    const char *name;
    unsigned long number;
} holes[] = {
    { "11", 11 }, { "43", 43 }, { "44", 44 }, { "45", 45 }, { "46", 46 }, { "47", 47 },
    { "50", 50 }, { "51", 51 }, { "52", 52 }, { "53", 53 }, { "54", 54 }, { "55", 55 },
    { "56", 56 }, { "57", 57 }, { "58", 58 }, { "59", 59 }, { "60", 60 }, { "61", 61 }, { "62", 62 },
    { "63", 63 }, { "64", 64 }, { "64 + xen_version", 64 + 17 }, { "128", 128 },
    { "128 + xen_version", 128 + 17 }, { "255", 255 }, { "256 + xen_version", 256 + 17 },
    { "1000000", 1000000 },
    { "2^16 + xen_version", (1UL << 16) + 17 }, { "2^31", 1UL << 31 },
    { "2^31 + xen_version", (1UL << 31) + 17 },
    { "2^32", 1UL << 32 }, { "2^32 + xen_version", (1UL << 32) + 17 }, { "2^63", 1UL << 63 },
    { "2^63 + xen_version", (1UL << 63) + 17 }, { "-1", ~0UL }, { "-64", -64UL },
    { "-64 + xen_version", -47UL },
    { "the text \"VMM\\0\"", 0x4d4d5600 },
};

void numbers_holes(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        check(named("there is no hypercall %s", holes[i].name),
              PV_HYPERCALL1(holes[i].number, XENVER_version),
              -XEN_ENOSYS);
}

/* Sub-operations are 32 bits wide: what stands above is not looked at. */
void numbers_high_bits(void)
{
    static const unsigned long above[] = { 1UL << 32, 1UL << 63, 0xffffffffUL << 32 };
    static const char *const names[] = { "2^32", "2^63", "2^64 - 2^32" };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        check(named("xen_version, XENVER_version + %s", names[i]),
              PV_HYPERCALL1(__HYPERVISOR_xen_version, XENVER_version + above[i]), 4 << 16 | 17);
        check(named("vm_assist, type 2 + %s", names[i]),
              PV_HYPERCALL2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, 2 + above[i]), 0);
        check(named("vcpu_op, vcpu 0 + %s", names[i]),
              PV_HYPERCALL2(__HYPERVISOR_vcpu_op, VCPUOP_is_up, above[i]), 1);
        check(named("multicall, 0 calls + %s", names[i]),
              PV_HYPERCALL2(__HYPERVISOR_multicall, UNMAPPED, above[i]), 0);
    }
    for (i = 1; i <= 3; i++)
        check(named("xen_version, sub-op -%u", i), PV_HYPERCALL1(__HYPERVISOR_xen_version, -(unsigned long)i),
              -XEN_ENOSYS);
}
