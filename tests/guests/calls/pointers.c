/* pointers.c: where arguments may lie. The class of bug: a check of the first byte only, one that is wrong by
 * one at an end of the hole or of the hypervisor's range, a length that wraps (XSA-4, XSA-29). */
#include "calls.h"
#include "case.h"
#include "place.h"

#include <string.h>

#define LOW_END  0x0000800000000000UL    /* end of the lower half, first address of the hole */
#define HOLE_END 0xffff800000000000UL    /* first address behind it: the hypervisor's */
#define OURS     0xffff880000000000UL    /* end of the hypervisor's: the guest's again */

/* One tree of tables, in three places of the address space: `first` appears at the start of what each place
 * holds, `last` at its end. */
static struct {
    uint64_t *l3, *l2, *l1;
    char *first, *last;
    uint64_t root;    /* machine address of our L4 */
} tree;

static void set_slot(unsigned int slot, uint64_t entry)
{
    mmu_update1(tree.root + slot * 8UL, entry);
}

static void build(void)
{
    tree.l3 = pv_pages_alloc(1);
    tree.l2 = pv_pages_alloc(1);
    tree.l1 = pv_pages_alloc(1);
    tree.first = pv_pages_alloc(1);
    tree.last = pv_pages_alloc(1);
    tree.l1[0] = entry_for(tree.first, FLAGS_RW);
    tree.l1[511] = entry_for(tree.last, FLAGS_RW);
    tree.l2[0] = tree.l2[511] = entry_for(tree.l1, FLAGS_RW);
    tree.l3[0] = tree.l3[511] = entry_for(tree.l2, FLAGS_RW);
    make_read_only(tree.l1);
    make_read_only(tree.l2);
    make_read_only(tree.l3);
    pv_pt_lookup(0, 4, &tree.root);
    set_slot(255, entry_for(tree.l3, FLAGS_RW));
    set_slot(272, entry_for(tree.l3, FLAGS_RW));
    set_slot(511, entry_for(tree.l3, FLAGS_RW));
}

static void take_down(void)
{
    set_slot(255, 0);
    set_slot(272, 0);
    set_slot(511, 0);
    mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0);
    make_writable(tree.l3);
    make_writable(tree.l2);
    make_writable(tree.l1);
    pv_pages_free(tree.l3, 1);
    pv_pages_free(tree.l2, 1);
    pv_pages_free(tree.l1, 1);
    pv_pages_free(tree.first, 1);
    pv_pages_free(tree.last, 1);
}

struct call {
    const char *name;
    unsigned long size;
    long (*run)(void *at);
};

/* Every place for an argument of n bytes. Bytes that are mapped are mapped writable here. */
static void sweep(const struct call *c)
{
    unsigned long n = c->size;
    const struct {
        const char *where;
        unsigned long at;
        long want;
    } rows[] = {
        { "address 0", 0, -XEN_EFAULT },
        { "its end is the end of the lower half", LOW_END - n, 0 },
        { "its last byte is the first of the hole", LOW_END - n + 1, -XEN_EFAULT },
        { "its first byte is the last of the lower half", LOW_END - 1, -XEN_EFAULT },
        { "at the start of the hole", LOW_END, -XEN_EFAULT },
        { "in the middle of the hole", 0x8000000000000000UL, -XEN_EFAULT },
        { "its last byte is the last of the hole", HOLE_END - n, -XEN_EFAULT },
        { "its last byte is the hypervisor's first", HOLE_END - n + 1, -XEN_EFAULT },
        { "its first byte is the last of the hole", HOLE_END - 1, -XEN_EFAULT },
        { "at the hypervisor's start", HOLE_END, -XEN_EFAULT },
        { "in the middle of the hypervisor's half", 0xffff840000000000UL, -XEN_EFAULT },
        { "its last byte is the hypervisor's last", OURS - n, -XEN_EFAULT },
        { "its last byte is the first behind the hypervisor", OURS - n + 1, -XEN_EFAULT },
        { "its first byte is the hypervisor's last", OURS - 1, -XEN_EFAULT },
        { "at the hypervisor's end", OURS, 0 },
        { "its end is 2^64", -n, 0 },
        { "its last byte is at 0, behind 2^64", -n + 1, -XEN_EFAULT },
        { "its first byte is the last before 2^64", ~0UL, -XEN_EFAULT },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("%s, %s, XSA-4", c->name, rows[i].where), c->run((void *)rows[i].at), rows[i].want);
}

static long poll(void *at)
{
    return HYPERVISOR_sched_op(SCHEDOP_poll, at);
}

static long ask_features(void *at)
{
    return HYPERVISOR_xen_version(XENVER_get_features, at);
}

static long ask_compiler(void *at)
{
    return HYPERVISOR_xen_version(XENVER_compile_info, at);
}

static long ask_mapping(void *at)
{
    return HYPERVISOR_memory_op(XENMEM_machphys_mapping, at);
}

static long write_nothing_after(void *at)
{
    struct multicall_entry *list = at;

    return HYPERVISOR_multicall(list, 1);
}

/* An argument that says: no ports, a deadline that has passed. Zeros would mean to wait for ever. */
static void fill_with_polls(char *page)
{
    struct sched_poll *p = (void *)page, *last = (void *)(page + PV_PAGE_SIZE - sizeof(*p));

    p->timeout = last->timeout = 1;
}

void pointers_in(void)
{
    static const struct call poll_call = { "copied in: SCHEDOP_poll", sizeof(struct sched_poll), poll };
    char *gap = place_before_unmapped(), *wall = place_before_read_only();
    struct sched_poll *p;

    build();
    fill_with_polls(tree.first);
    fill_with_polls(tree.last);
    sweep(&poll_call);
    take_down();
    p = (void *)(gap - sizeof(*p));
    p->timeout = 1;
    check("copied in: its end is the end of a page, the next is not mapped", poll(p), 0);
    check("copied in: its last byte is on a page that is not mapped", poll((char *)p + 1), -XEN_EFAULT);
    check("copied in: its last word is on a page that is not mapped", poll((char *)p + 8), -XEN_EFAULT);
    check("copied in: all of it is on a page that is not mapped", poll(gap), -XEN_EFAULT);
    p = (void *)(wall - 16);
    p->nr_ports = 129;
    check("copied in: partly from a read-only page", poll(p), -XEN_EINVAL);
    check("copied in: from the machine-to-physical table, which we may read, XSA-29",
          poll((void *)MACH2PHYS_VIRT_START), -XEN_EFAULT);
    p = (void *)(gap - 3 * sizeof(*p) + 3);
    p->nr_ports = 129;
    check("copied in: not aligned", poll(p), -XEN_EINVAL);
    place_end(gap);
    place_end(wall);
}

void pointers_out(void)
{
    static const struct call calls[] = {
        { "copied out: XENVER_compile_info", sizeof(struct xen_compile_info), ask_compiler },
        { "copied out: XENMEM_machphys_mapping", sizeof(struct xen_machphys_mapping), ask_mapping },
        { "copied in and out: XENVER_get_features", sizeof(struct xen_feature_info), ask_features },
        { "copied in and out: a list of one call", sizeof(struct multicall_entry), write_nothing_after },
    };
    unsigned int i;

    build();
    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct multicall_entry call = { .op = __HYPERVISOR_xen_version };

        memset(tree.first, 0, PV_PAGE_SIZE);
        memset(tree.last, 0, PV_PAGE_SIZE);
        if (calls[i].size == sizeof(call)) {
            memcpy(tree.first, &call, sizeof(call));
            memcpy(tree.last + PV_PAGE_SIZE - sizeof(call), &call, sizeof(call));
        }
        sweep(&calls[i]);
    }
    take_down();
}
