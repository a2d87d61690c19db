/* See build_vcpu.h. */
#include <errno.h>
#include <stdlib.h>

#include <xen/grant_table.h>
#include <pv/memory.h>

#include "build_vcpu.h"
#include "control.h"

#define RFLAGS_IF       0x200u
#define DR6_AT_RESET    0xffff0ff0u
#define DR7_AT_RESET    0x400u

int build_mask_events(domid_t domid, xen_pfn_t shared_info_frame)
{
    struct shared_info *shared = pv_map_frames(domid, &shared_info_frame, 1, true, NULL);

    if (!shared)
        return -ENOMEM;
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    pv_unmap(shared, 1);
    return 0;
}

static void permit(struct grant_entry_v1 *entry, xen_pfn_t frame)
{
    entry->domid = 0;
    entry->frame = (uint32_t)frame;
    __atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

int build_seed_grants(domid_t domid, xen_pfn_t console_frame, xen_pfn_t store_frame)
{
    struct grant_entry_v1 *table;
    xen_pfn_t frame;
    int rc;

    if (console_frame > UINT32_MAX || store_frame > UINT32_MAX)
        return -ERANGE; /* beyond what a version 1 entry can name */
    rc = control_grant_frame(domid, &frame);
    if (rc)
        return rc;
    table = pv_map_frames(domid, &frame, 1, true, NULL);
    if (!table)
        return -ENOMEM;
    permit(&table[GNTTAB_RESERVED_CONSOLE], console_frame);
    permit(&table[GNTTAB_RESERVED_XENSTORE], store_frame);
    pv_unmap(table, 1);
    return 0;
}

int build_start_vcpu(domid_t domid, uint64_t entry, uint64_t stack_top, uint64_t start_info, xen_pfn_t l4)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = entry;
    c->user_regs.rsp = stack_top;
    c->user_regs.rsi = start_info;
    c->user_regs.rflags = RFLAGS_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = stack_top;
    c->ctrlreg[3] = xen_pfn_to_cr3(l4);
    c->debugreg[6] = DR6_AT_RESET;
    c->debugreg[7] = DR7_AT_RESET;
    rc = control_set_vcpu(domid, 0, c);
    free(c);
    return rc;
}
