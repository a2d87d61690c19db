/* absent.c: hypercalls for what a PV guest does not have: device models, profilers, message rings, the
 * hypervisor's own file tree. The class of bug: an entry point that nobody remembers (XSA-15, XSA-18, XSA-84,
 * XSA-85, XSA-151, XSA-313). */
#include "calls.h"
#include "case.h"

struct row {
    const char *name;
    unsigned int call;
    unsigned long a, b, c;
    long domu, initial;
};

/* Arguments are nowhere: no row does anything. */
static const struct row rows[] = {
    { "HVMOP_set_param", 34, 0, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "HVMOP_get_param", 34, 1, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "HVMOP_flush_tlbs", 34, 5, 0x1000, 0, -XEN_EINVAL, -XEN_EINVAL },
    { "HVMOP_flush_tlbs, no argument", 34, 5, 0, 0, -XEN_EINVAL, -XEN_EINVAL },
    { "HVMOP_pagetable_dying", 34, 9, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "HVMOP_get_time", 34, 10, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "HVMOP_get_mem_type", 34, 15, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "HVMOP_set_evtchn_upcall_vector", 34, 23, 0x1000, 0, -XEN_EINVAL, -XEN_EINVAL },
    { "HVMOP_guest_request_vm_event", 34, 24, 0, 0, 0, 0 },
    { "HVMOP_altp2m", 34, 25, 0x1000, 0, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { "hvm_op 2^32 - 1", 34, 0xffffffff, 0x1000, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "xsm_op, number 0, XSA-84 XSA-85", 27, 0x400000, 0, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "XENOPROF_init, XSA-313", 31, 0, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "XENOPROF_get_buffer, XSA-151 XSA-313", 31, 14, 0x1000, 0, -XEN_EFAULT, -XEN_EFAULT },
    { "KEXEC_CMD_kexec", 37, 0, 0x1000, 0, -XEN_EPERM, -XEN_EFAULT },
    { "KEXEC_CMD_kexec_get_range", 37, 3, 0x1000, 0, -XEN_EPERM, -XEN_EFAULT },
    { "KEXEC_CMD_kexec_load", 37, 4, 0x1000, 0, -XEN_EPERM, -XEN_EFAULT },
    { "tmem_op, no argument, XSA-15", 38, 0, 0, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "tmem_op, argument of our own, XSA-15", 38, 0x400000, 0, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "XEN_ARGO_OP_register_ring", 39, 1, 0x1000, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "XEN_ARGO_OP_sendv", 39, 3, 0x1000, 0, -XEN_ENOSYS, -XEN_ENOSYS },
    { "XENPMU_mode_get", 40, 0, 0x1000, 0, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { "XENPMU_mode_set", 40, 1, 0x1000, 0, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { "XENPMU_init", 40, 4, 0x1000, 0, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { "XENPMU_lvtpc_set", 40, 6, 0, 0, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
    { "dm_op on ourselves", 41, DOMID_SELF, 1, 0x1000, -XEN_EFAULT, -XEN_EFAULT },
    { "dm_op on domain 0", 41, 0, 1, 0x1000, -XEN_EFAULT, -XEN_EFAULT },
    { "dm_op on nobody", 41, NOBODY, 1, 0x1000, -XEN_EFAULT, -XEN_EFAULT },
    { "XEN_HYPFS_OP_get_version", 42, 0, 0, 0, -XEN_EPERM, 1 },
    { "XEN_HYPFS_OP_read, path nowhere", 42, 1, 0x1000, 8, -XEN_EPERM, -XEN_EFAULT },
    { "XEN_HYPFS_OP_write_contents, path nowhere", 42, 2, 0x1000, 8, -XEN_EPERM, -XEN_EFAULT },
    { "mca, argument at the hypervisor's address", 48, 0xffff820000000000, 0, 0, -XEN_EPERM, -XEN_EFAULT },
};

void absent(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, PV_HYPERCALL3(rows[i].call, rows[i].a, rows[i].b, rows[i].c),
              by_role(rows[i].domu, rows[i].initial));
}
