/* mmuext.c: the other extended operations, lists of them, and vm_assist. The class of bug: a list or a mask
 * that is trusted, an operation that does less or more than it says. */
#include "place.h"
#include "scratch.h"

#include <string.h>

#define PREEMPTED 0x80000000u

static long run(unsigned int cmd, uint64_t arg1, const void *arg2)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = arg1 };

    set_xen_guest_handle(op.arg2.vcpumask, arg2);
    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void flush_arguments(void)
{
    static unsigned long self = 1, nobody, everybody = ~0UL;
    const struct { const char *name; uint64_t va; } addresses[] = {
        { "a page of ours", (uint64_t)s.page },
        { "an address that is not mapped", (uint64_t)UNMAPPED },
        { "a non-canonical address, XSA-279", (uint64_t)NON_CANONICAL },
        { "the first non-canonical address, XSA-279", 0x0000800000000000 },
        { "the hypervisor's space", (uint64_t)HYPERVISOR_SPACE },
        { "the last address of all", ~0UL },
    };
    const struct { const char *name; const void *mask; long want; } masks[] = {
        { "a mask of this vcpu", &self, 0 },
        { "an empty mask", &nobody, 0 },
        { "a mask of all ones", &everybody, 0 },
        { "NULL", NULL, -XEN_EINVAL },
        { "an unmapped mask", UNMAPPED, -XEN_EINVAL },
        { "a mask in the hypervisor's space", HYPERVISOR_SPACE, -XEN_EINVAL },
        { "a non-canonical mask", NON_CANONICAL, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        check(named("MMUEXT_INVLPG_LOCAL, %s", addresses[i].name),
              run(MMUEXT_INVLPG_LOCAL, addresses[i].va, NULL), 0);
        check(named("MMUEXT_INVLPG_ALL, %s", addresses[i].name),
              run(MMUEXT_INVLPG_ALL, addresses[i].va, NULL), 0);
        check(named("MMUEXT_INVLPG_MULTI, %s", addresses[i].name),
              run(MMUEXT_INVLPG_MULTI, addresses[i].va, &self), 0);
    }
    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        check(named("MMUEXT_TLB_FLUSH_MULTI, %s", masks[i].name),
              run(MMUEXT_TLB_FLUSH_MULTI, 0, masks[i].mask), masks[i].want);
        check(named("MMUEXT_INVLPG_MULTI, %s", masks[i].name),
              run(MMUEXT_INVLPG_MULTI, (uint64_t)s.page, masks[i].mask), masks[i].want);
    }
}

/* All bytes of a page are c. */
static bool filled(const char *page, char c)
{
    unsigned int i;

    for (i = 0; i < PV_PAGE_SIZE; i++)
        if (page[i] != c)
            return false;
    return true;
}

static long copy(const char *to, const char *from)
{
    struct mmuext_op op = { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = mfn_of(to), .arg2.src_mfn = mfn_of(from) };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void whole_pages(void)
{
    long rc;

    memset(s.page, 7, PV_PAGE_SIZE);
    memset(s.other, 8, PV_PAGE_SIZE);
    rc = copy(s.page, s.other);
    check_state("MMUEXT_COPY_PAGE", rc, 0, "it is the same", filled(s.page, 8));
    check_state("MMUEXT_COPY_PAGE, the source", rc, 0, "it is as before", filled(s.other, 8));
    rc = copy(s.page, s.page);
    check_state("MMUEXT_COPY_PAGE, onto itself", rc, 0, "it is as before", filled(s.page, 8));
    rc = mmuext1(MMUEXT_CLEAR_PAGE, mfn_of(s.page));
    check_state("MMUEXT_CLEAR_PAGE", rc, 0, "all of it is zero", filled(s.page, 0));
    make_read_only(s.page);
    rc = copy(s.page, s.other);
    check_state("MMUEXT_COPY_PAGE, to a page that is mapped read-only", rc, 0, "it is written",
                filled(s.page, 8));
    rc = mmuext1(MMUEXT_CLEAR_PAGE, mfn_of(s.page));
    check_state("MMUEXT_CLEAR_PAGE, a page that is mapped read-only", rc, 0, "it is written",
                filled(s.page, 0));
    rc = copy(s.other, ROOT);
    check_state("MMUEXT_COPY_PAGE, from the live root", rc, 0, "the guest's part is copied",
                entries(s.other)[0] == entries(ROOT)[0]);
    set_va(s.page, 0);
    rc = mmuext1(MMUEXT_CLEAR_PAGE, mfn_of(s.page));
    make_writable(s.page);
    check_state("MMUEXT_CLEAR_PAGE, a page that is not mapped", rc, 0, "it is zero", filled(s.page, 0));
}

static void other_commands(void)
{
    const struct { const char *name; unsigned int cmd; long domu, initial; } rows[] = {
        { "MMUEXT_FLUSH_CACHE", MMUEXT_FLUSH_CACHE, -XEN_EACCES, 0 },
        { "MMUEXT_FLUSH_CACHE_GLOBAL", MMUEXT_FLUSH_CACHE_GLOBAL, -XEN_EINVAL, 0 },
        { "MMUEXT_MARK_SUPER, XSA-167", MMUEXT_MARK_SUPER, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
        { "MMUEXT_UNMARK_SUPER, XSA-167", MMUEXT_UNMARK_SUPER, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP },
        { "command 14", 14, -XEN_ENOSYS, -XEN_ENOSYS },
        { "command 21", 21, -XEN_ENOSYS, -XEN_ENOSYS },
        { "command 77", 77, -XEN_ENOSYS, -XEN_ENOSYS },
        { "command 2^32 - 1", ~0u, -XEN_ENOSYS, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, mmuext1(rows[i].cmd, mfn_of(s.page)), by_role(rows[i].domu, rows[i].initial));
    check("MMUEXT_MARK_SUPER, frame of all ones, XSA-167", mmuext1(MMUEXT_MARK_SUPER, ~0UL), -XEN_EOPNOTSUPP);
}

static void lists(void)
{
    char *edge = place_before_unmapped();
    struct mmuext_op *end = (struct mmuext_op *)edge;
    const struct { const char *name; void *at; unsigned int count; long want; unsigned int done; } rows[] = {
        { "no operation", s.t1, 0, 0, 0 },
        { "no operation, NULL", NULL, 0, 0, 0 },
        { "no operation, unmapped list", UNMAPPED, 0, 0, 0 },
        { "no operation, list in the hypervisor's space", HYPERVISOR_SPACE, 0, -XEN_EFAULT, 77 },
        { "NULL list", NULL, 1, -XEN_EFAULT, 0 },
        { "unmapped list", UNMAPPED, 1, -XEN_EFAULT, 0 },
        { "list in the hypervisor's space", HYPERVISOR_SPACE, 1, -XEN_EFAULT, 77 },
        { "non-canonical list", NON_CANONICAL, 1, -XEN_EFAULT, 77 },
        { "list that runs out of its page", end - 1, 2, -XEN_EFAULT, 1 },
        { "list of 100", s.t1, 100, 0, 100 },
        { "list of 2^27", end - 2, 1u << 27, -XEN_EFAULT, 2 },
        { "list of 2^31 - 1", end - 2, PREEMPTED - 1, -XEN_EFAULT, 2 },
    };
    unsigned int i, done;

    for (i = 0; i < 100; i++)
        ((struct mmuext_op *)s.t1)[i] = (struct mmuext_op){ .cmd = MMUEXT_INVLPG_LOCAL };
    for (i = 1; i <= 100; i++)
        end[-(int)i] = (struct mmuext_op){ .cmd = MMUEXT_INVLPG_LOCAL };
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc;

        done = 77;
        rc = HYPERVISOR_mmuext_op(rows[i].at, rows[i].count, &done, DOMID_SELF);
        check_state(rows[i].name, rc, rows[i].want,
                    rows[i].done == 77 ? "it was not counted" : named("%u are counted as done", rows[i].done),
                    done == rows[i].done);
    }
    done = 5;
    check("count with bit 31, one operation, 5 said to be done, XSA-212",
          HYPERVISOR_mmuext_op(end - 1, PREEMPTED | 1, &done, DOMID_SELF), 0);
    check("count with bit 31: what is counted as done, XSA-212", done, 6);
    place_end(edge);
}

static void partial(void)
{
    unsigned int at, i, done;

    for (at = 0; at < 4; at++) {
        struct mmuext_op ops[4];
        long rc;

        for (i = 0; i < 4; i++) {
            memset((&s.l1)[i], 1, PV_PAGE_SIZE);
            ops[i] = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE,
                                         .arg1.mfn = i == at ? BEYOND_MFN : mfn_of((&s.l1)[i]) };
        }
        done = 77;
        rc = HYPERVISOR_mmuext_op(ops, 4, &done, DOMID_SELF);
        check_state(named("four operations, number %u is refused", at), rc, -XEN_EINVAL,
                    named("%u are counted as done", at), done == at);
        for (i = 0; i < 4 && filled((&s.l1)[i], 0); i++)
            ;
        check_true(named("number %u is refused: those before it are done, that behind not", at),
                   i == at && (at == 3 || filled((&s.l1)[at + 1], 1)));
    }
    for (i = 0; i < 4; i++)
        memset((&s.l1)[i], 0, PV_PAGE_SIZE);
}

static void counts(void)
{
    const struct { const char *name; void *at; } rows[] = {
        { "NULL", NULL }, { "unmapped", UNMAPPED }, { "read-only", pv_image_start },
        { "the hypervisor's space", HYPERVISOR_SPACE }, { "non-canonical", NON_CANONICAL },
    };
    struct mmuext_op op = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = mfn_of(s.page) };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc;

        *s.page = 1;
        rc = HYPERVISOR_mmuext_op(&op, 1, rows[i].at, DOMID_SELF);
        check_state(named("count of what is done: %s", rows[i].name), rc, 0, "the operation is done",
                    *s.page == 0);
    }
}

static void domains(void)
{
    const struct { const char *name; unsigned int id; long domu, initial; } rows[] = {
        { "DOMID_SELF", DOMID_SELF, 0, 0 },
        { "our own number", own_domid, -XEN_ESRCH, -XEN_ESRCH },
        { "nobody", NOBODY, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_IO", DOMID_IO, -XEN_EPERM, -XEN_EINVAL },
        { "DOMID_XEN", DOMID_XEN, -XEN_EPERM, -XEN_EINVAL },
        { "DOMID_COW", DOMID_COW, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_INVALID", DOMID_INVALID, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_SELF and 2^16", DOMID_SELF | 1u << 16, 0, 0 },
    };
    struct mmuext_op op = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = mfn_of(s.page) };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("MMUEXT_CLEAR_PAGE for %s", rows[i].name), HYPERVISOR_mmuext_op(&op, 1, NULL, rows[i].id),
              by_role(rows[i].domu, rows[i].initial));
}

/* What concerns the caller's own vcpu can be done to no other domain, and no device's frame is a table. */
static void for_io(void)
{
    static const struct { const char *name; unsigned int cmd; long initial; } rows[] = {
        { "MMUEXT_PIN_L1_TABLE", MMUEXT_PIN_L1_TABLE, -XEN_EINVAL },
        { "MMUEXT_UNPIN_TABLE", MMUEXT_UNPIN_TABLE, -XEN_EINVAL },
        { "MMUEXT_NEW_BASEPTR", MMUEXT_NEW_BASEPTR, -XEN_EPERM },
        { "MMUEXT_TLB_FLUSH_LOCAL", MMUEXT_TLB_FLUSH_LOCAL, -XEN_EPERM },
        { "MMUEXT_INVLPG_ALL", MMUEXT_INVLPG_ALL, -XEN_EPERM },
        { "MMUEXT_SET_LDT", MMUEXT_SET_LDT, -XEN_EPERM },
        { "command 77", 77, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mmuext_op op = { .cmd = rows[i].cmd, .arg1.mfn = mfn_of(s.l1) };

        check(named("%s for DOMID_IO", rows[i].name), HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_IO),
              by_role(-XEN_EPERM, rows[i].initial));
    }
    check("no operation for DOMID_IO", HYPERVISOR_mmuext_op(NULL, 0, NULL, DOMID_IO), by_role(-XEN_EPERM, 0));
    check("no operation for nobody", HYPERVISOR_mmuext_op(NULL, 0, NULL, NOBODY), -XEN_ESRCH);
}

static void assists(void)
{
    static const struct { const char *name; unsigned int type; long want; } rows[] = {
        { "4gb_segments", VMASST_TYPE_4gb_segments, 0 },
        { "4gb_segments_notify", VMASST_TYPE_4gb_segments_notify, 0 },
        { "writable_pagetables", VMASST_TYPE_writable_pagetables, 0 },
        { "pae_extended_cr3", VMASST_TYPE_pae_extended_cr3, 0 },
        { "architectural_iopl", VMASST_TYPE_architectural_iopl, 0 },
        { "runstate_update_flag", VMASST_TYPE_runstate_update_flag, 0 },
        { "type 6", 6, -XEN_EINVAL },
        { "type 31", 31, -XEN_EINVAL },
        { "type 32, m2p_strict", VMASST_TYPE_m2p_strict, 0 },
        { "type 33", 33, -XEN_EINVAL },
        { "type 64", 64, -XEN_EINVAL },
        { "type 2^32 - 1", ~0u, -XEN_EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(named("vm_assist: enable %s", rows[i].name),
              HYPERVISOR_vm_assist(VMASST_CMD_enable, rows[i].type), rows[i].want);
        check(named("vm_assist: disable %s", rows[i].name),
              HYPERVISOR_vm_assist(VMASST_CMD_disable, rows[i].type), rows[i].want);
    }
    check("vm_assist: command 2", HYPERVISOR_vm_assist(2, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS);
    check("vm_assist: command 2^32 - 1", HYPERVISOR_vm_assist(~0u, VMASST_TYPE_writable_pagetables),
          -XEN_ENOSYS);
}

void test_mmuext(void)
{
    scratch_take();
    flush_arguments();
    whole_pages();
    other_commands();
    lists();
    partial();
    counts();
    domains();
    for_io();
    assists();
    scratch_give_back();
}
