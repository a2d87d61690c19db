/* foreign.c: frames and domains that are not ours. The class of bug: a guest that reaches memory of another
 * domain, of the hypervisor, or of a device. */
#include "scratch.h"

#include <stdio.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

/* The frames that the hypervisor shares with us on purpose: the shared page and our grant table. */
static bool is_shared(xen_pfn_t mfn)
{
    static xen_pfn_t frames[64];
    static unsigned int n;
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF };
    unsigned int i;

    if (n == 0) {
        HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1);
        n = setup.nr_frames = query.nr_frames < 64 ? query.nr_frames : 64;
        set_xen_guest_handle(setup.frame_list, frames);
        HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    }
    for (i = 0; i < n; i++)
        if (frames[i] == mfn)
            return true;
    return mfn == pv_start_info->shared_info >> PV_PAGE_SHIFT;
}

/* Frame numbers that are ours, the hypervisor's, another domain's or nobody's. Every one that is not ours
 * must be refused, read-only and writable. */
static void every_frame(uint64_t maddr)
{
    unsigned long top = (unsigned long)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL), mfn;
    unsigned int taken = 0, refused = 0;

    for (mfn = 0; mfn <= top; mfn += mfn < 0x4000 ? 1 : 61) {
        if (pv_mfn_to_virt(mfn) || is_shared(mfn))
            continue;
        if (mmu_update1(maddr, mfn << 12 | FLAGS_RO) == 0 || mmu_update1(maddr, mfn << 12 | FLAGS_RW) == 0)
            taken += printf("frame %#lx could be mapped\n", mfn) > 0;
        else
            refused++;
    }
    check("frames that are not ours and could be mapped, XSA-248", taken, 0);
    check_true("frames that were refused", refused > 0);
}

/* A number of a domain, as foreigndom's lower half or upper half. */
struct named_domain {
    const char *name;
    unsigned int foreigndom;
    long domu, initial;
};

static void domains(uint64_t maddr)
{
    const struct named_domain rows[] = {
        { "DOMID_SELF", DOMID_SELF, 0, 0 },
        { "our own number", own_domid, -XEN_ESRCH, -XEN_ESRCH },
        { "nobody", NOBODY, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_IO", DOMID_IO, -XEN_EBUSY, -XEN_EBUSY },
        { "DOMID_XEN", DOMID_XEN, -XEN_EPERM, -XEN_EBUSY },
        { "DOMID_COW", DOMID_COW, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_INVALID", DOMID_INVALID, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_IDLE", DOMID_IDLE, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of DOMID_SELF", (DOMID_SELF + 1) << 16 | DOMID_SELF, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of our own number", (unsigned int)(own_domid + 1) << 16 | DOMID_SELF, 0, 0 },
        { "tables of nobody", (NOBODY + 1) << 16 | DOMID_SELF, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of DOMID_IO", (unsigned int)(DOMID_IO + 1) << 16 | DOMID_SELF, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of DOMID_XEN", (unsigned int)(DOMID_XEN + 1) << 16 | DOMID_SELF, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of number 0xfffe", 0xffff0000u | DOMID_SELF, -XEN_ESRCH, -XEN_ESRCH },
        { "tables of our own number, frames of nobody", (unsigned int)(own_domid + 1) << 16 | NOBODY,
          -XEN_ESRCH, -XEN_ESRCH },
    };
    uint64_t entry = entry_for(s.other, FLAGS_RO);
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long want = by_role(rows[i].domu, rows[i].initial), rc = update_for(rows[i].foreigndom, maddr, entry);
        bool changed = (*entry_of(s.page) & PV_PTE_FRAME) == (entry & PV_PTE_FRAME);

        check_state(named("mmu_update for %s", rows[i].name), rc, want,
                    rc ? "the entry is as before" : "the entry is changed", changed == (rc == 0));
        make_writable(s.page);
    }
}

/* Domain 0 as a domU sees it: by the same calls. */
static void domain0(uint64_t maddr)
{
    uint64_t entry = entry_for(s.other, FLAGS_RO);
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(s.l1) };

    check("mmu_update for domain 0", update_for(0, maddr, entry), -XEN_EPERM);
    check("mmu_update for tables of domain 0", update_for(1 << 16 | DOMID_SELF, maddr, entry), -XEN_EPERM);
    check("mmu_update for domain 0, no request", HYPERVISOR_mmu_update(NULL, 0, NULL, 0), 0);
    check("MMUEXT_PIN_L1_TABLE for domain 0", HYPERVISOR_mmuext_op(&op, 1, NULL, 0), -XEN_EPERM);
    op.cmd = MMUEXT_TLB_FLUSH_LOCAL;
    check("MMUEXT_TLB_FLUSH_LOCAL for domain 0", HYPERVISOR_mmuext_op(&op, 1, NULL, 0), -XEN_EPERM);
    check("update_va_mapping_otherdomain, domain 0",
          HYPERVISOR_update_va_mapping_otherdomain((unsigned long)s.page, entry, 0, 0), -XEN_EPERM);
}

/* Frames of devices: the initial domain drives them, but not what the hypervisor drives. */
static void devices(uint64_t maddr)
{
    static const struct { const char *name; uint64_t mfn; long domu, initial; } rows[] = {
        { "frame 0, XSA-248", 0, -XEN_EPERM, 0 },
        { "the screen's memory", 0xb8, -XEN_EPERM, 0 },
        { "the last frame of the first MiB", 0xff, -XEN_EPERM, 0 },
        { "the I/O interrupt controller", 0xfec00, -XEN_EPERM, 0 },
        { "the event timer", 0xfed00, -XEN_EPERM, 0 },
        { "the local interrupt controller", 0xfee00, -XEN_EPERM, -XEN_EPERM },
        { "frame 2^28", BEYOND_MFN, -XEN_EPERM, -XEN_EPERM },
        { "frame 2^32", 1UL << 32, -XEN_EPERM, -XEN_EPERM },
        { "the last frame there can be", (1UL << 40) - 1, -XEN_EINVAL, -XEN_EINVAL },
    };
    unsigned int i, mode;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (mode = 0; mode < 4; mode++) {
            uint64_t flags = mode & 1 ? FLAGS_RW : FLAGS_RO;
            domid_t owner = mode & 2 ? DOMID_IO : DOMID_SELF;
            long rc = update_for(owner, maddr, rows[i].mfn << PV_PAGE_SHIFT | flags);

            check(named("mmu_update of a %s entry for %s%s", mode & 1 ? "writable" : "read-only",
                        rows[i].name, mode & 2 ? ", of DOMID_IO" : ""),
                  rc, by_role(rows[i].domu, rows[i].initial));
            make_writable(s.page);
        }
}

static void otherdomain(void)
{
    const struct { const char *name; domid_t id; long domu, initial; } rows[] = {
        { "DOMID_SELF", DOMID_SELF, 0, 0 },
        { "our own number", own_domid, -XEN_ESRCH, -XEN_ESRCH },
        { "nobody", NOBODY, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_IO", DOMID_IO, -XEN_EPERM, -XEN_EBUSY },
        { "DOMID_XEN", DOMID_XEN, -XEN_EPERM, -XEN_EBUSY },
        { "DOMID_COW", DOMID_COW, -XEN_ESRCH, -XEN_ESRCH },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(named("update_va_mapping_otherdomain, %s", rows[i].name),
              HYPERVISOR_update_va_mapping_otherdomain((unsigned long)s.page, entry_for(s.other, FLAGS_RO),
                                                       UVMF_INVLPG, rows[i].id),
              by_role(rows[i].domu, rows[i].initial));
        make_writable(s.page);
    }
}

void test_foreign(void)
{
    uint64_t maddr;

    scratch_take();
    maddr = entry_maddr(s.page);
    domains(maddr);
    otherdomain();
    devices(maddr);
    if (!pv_is_control_domain()) {
        domain0(maddr);
        every_frame(maddr);
        make_writable(s.page);
    }
    scratch_give_back();
}
