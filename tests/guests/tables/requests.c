/* requests.c: mmu_update's arguments: commands, the word that is named, lists, counts, the count of what was
 * done. The class of bug: a request list or a count that is trusted, and a partial list of which the caller
 * learns nothing. */
#include "place.h"
#include "scratch.h"

#include <string.h>

#define PREEMPTED 0x80000000u    /* with this bit of the count Xen marks a call that it continues itself */

static uint64_t slot;            /* machine address of the entry that maps s.page */
static uint64_t entry, other_entry;
static char *edge;               /* where a page ends behind which nothing is mapped */

/* The entry maps s.page, s.other. */
static bool maps(const char *page)
{
    return (*entry_of(s.page) & PV_PTE_FRAME) >> PV_PAGE_SHIFT == mfn_of(page);
}

static void restore(void)
{
    mmu_update1(slot, entry);
    flush();
}

static void commands(void)
{
    static const struct { unsigned int cmd; const char *name; long want; bool changes; } rows[] = {
        { MMU_NORMAL_PT_UPDATE, "MMU_NORMAL_PT_UPDATE", 0, true },
        { MMU_PT_UPDATE_PRESERVE_AD, "MMU_PT_UPDATE_PRESERVE_AD", 0, true },
        { MMU_PT_UPDATE_NO_TRANSLATE, "MMU_PT_UPDATE_NO_TRANSLATE", 0, true },
        { 4, "command 4", -XEN_ENOSYS, false },
        { 5, "command 5", -XEN_ENOSYS, false },
        { 6, "command 6", -XEN_ENOSYS, false },
        { 7, "command 7", -XEN_ENOSYS, false },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = mmu_update1(slot | rows[i].cmd, other_entry);

        check_state(rows[i].name, rc, rows[i].want,
                    rows[i].changes ? "the entry is changed" : "it is as before",
                    maps(rows[i].changes ? s.other : s.page));
        restore();
    }
}

/* Words that are not entries: ours are written like memory, others refused. */
static void words(void)
{
    char *gdt = gdt_take();
    const struct { const char *name; uint64_t ptr, val; long want; } rows[] = {
        { "a word of a page that is mapped writable", maddr_of(s.page, 5), 0x1234, 0 },
        { "a word of a page that is mapped read-only", maddr_of(s.l2, 5), 0x1234, 0 },
        { "a word of the image", maddr_of(pv_image_start, 511), ((uint64_t *)pv_image_start)[511], 0 },
        { "a word of the shared page", pv_start_info->shared_info + 4088, 0, 0 },
        { "a word of the grant table", ((uint64_t)grant_frame() << PV_PAGE_SHIFT) + 4088, 0, 0 },
        { "a word of a descriptor page", maddr_of(gdt, 5), 0, -XEN_EINVAL },
        { "a word of frame 0", 8, 0, -XEN_EINVAL },
        { "a word of a frame beyond memory", BEYOND, 0, -XEN_EINVAL },
        { "a word of the last frame there can be", 0x000ffffffffff000, 0, -XEN_EINVAL },
        { "a word of a frame number of 52 bits", ~7UL, 0, -XEN_EINVAL },
    };
    unsigned int i;

    make_read_only(s.l2);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, mmu_update1(rows[i].ptr, rows[i].val), rows[i].want);
    check_true("the word of the writable page is written", entries(s.page)[5] == 0x1234);
    check_true("the word of the read-only page is written", entries(s.l2)[5] == 0x1234);
    make_ordinary(s.l2);
    gdt_drop();
}

static long list(const void *requests, unsigned int count, unsigned int *done)
{
    return HYPERVISOR_mmu_update(requests, count, done, DOMID_SELF);
}

static void lists(void)
{
    const struct {
        const char *name;
        const void *at;
        unsigned int count;
        long want;
        unsigned int done;
    } rows[] = {
        { "no request", s.t1, 0, 0, 0 },
        { "no request, NULL", NULL, 0, 0, 0 },
        { "no request, unmapped list", UNMAPPED, 0, 0, 0 },
        { "no request, list in the hypervisor's space", HYPERVISOR_SPACE, 0, -XEN_EFAULT, 77 },
        { "NULL list", NULL, 1, -XEN_EFAULT, 0 },
        { "unmapped list", UNMAPPED, 1, -XEN_EFAULT, 0 },
        { "list in the hypervisor's space", HYPERVISOR_SPACE, 1, -XEN_EFAULT, 77 },
        { "non-canonical list", NON_CANONICAL, 1, -XEN_EFAULT, 77 },
        { "list at the end of the address space", (void *)-16L, 1, -XEN_EFAULT, 0 },
        { "list that runs into the hypervisor's space", (void *)0x00007ffffffffff8, 1, -XEN_EFAULT, 0 },
        { "list in the machine-to-physical table", machine_to_phys_mapping, 1, -XEN_EFAULT, 77 },
        { "list that runs out of its page", edge - 16, 2, -XEN_EFAULT, 1 },
        { "list whose first request runs out of its page", edge - 8, 1, -XEN_EFAULT, 0 },
        { "list of 40", s.t1, 40, 0, 40 },
        { "list of 200", s.t1, 200, 0, 200 },
        { "list of 2^27", edge - 32, 1u << 27, -XEN_EFAULT, 2 },
        { "list of 2^31 - 1", edge - 32, PREEMPTED - 1, -XEN_EFAULT, 2 },
    };
    unsigned int i, done;

    for (i = 0; i < 512; i += 2) {
        ((struct mmu_update *)s.t1)[i / 2] = (struct mmu_update){ slot, entry };
        ((struct mmu_update *)edge)[-1 - (int)i / 2] = (struct mmu_update){ slot, entry };
    }
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc;

        done = 77;
        rc = list(rows[i].at, rows[i].count, &done);
        check_state(rows[i].name, rc, rows[i].want,
                    rows[i].done == 77 ? "it was not counted" : named("%u are counted as done", rows[i].done),
                    done == rows[i].done);
    }
    make_read_only(s.t1);
    check("list in a read-only page", list(s.t1, 2, NULL), 0);
    make_writable(s.t1);
}

/* The guest sets the bit with which Xen marks what it has interrupted. */
static void continued(void)
{
    unsigned int done = 5;
    long rc = list(edge - 16, PREEMPTED | 1, &done);

    check_state("count with bit 31, one request, 5 said to be done, XSA-212", rc, 0, "6 are counted as done",
                done == 6);
    done = 5;
    rc = list(edge - 16, PREEMPTED, &done);
    check_state("count with bit 31, no request, 5 said to be done, XSA-212", rc, 0, "5 are counted as done",
                done == 5);
    check("count with bit 31, no request, NULL list, XSA-212", list(NULL, PREEMPTED, NULL), DOMID_SELF);
    check("count with bit 31, unmapped count of what is done, XSA-212",
          list(edge - 16, PREEMPTED | 1, UNMAPPED), 0);
}

static void partial(void)
{
    static const uint64_t wrong = BEYOND | FLAGS_RW;
    struct mmu_update batch[4];
    unsigned int i, at, done;

    for (at = 0; at < 4; at++) {
        long rc;

        for (i = 0; i < 4; i++)
            batch[i] =
                (struct mmu_update){ maddr_of(s.l1, i), i == at ? wrong : entry_for(s.page, FLAGS_RO) };
        make_read_only(s.l1);
        mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.l1));
        done = 77;
        rc = list(batch, 4, &done);
        check_state(named("four requests, number %u is refused", at), rc, -XEN_EPERM,
                    named("%u are counted as done", at), done == at);
        for (i = 0; i < 4 && entries(s.l1)[i]; i++)
            ;
        check_true(named("number %u is refused: those before it are done, those behind not", at), i == at);
        make_ordinary(s.l1);
    }
}

static void counts(void)
{
    const struct { const char *name; void *at; } rows[] = {
        { "count of what is done: NULL", NULL },
        { "count of what is done: unmapped", UNMAPPED },
        { "count of what is done: read-only", pv_image_start },
        { "count of what is done: the hypervisor's space", HYPERVISOR_SPACE },
        { "count of what is done: non-canonical", NON_CANONICAL },
        { "count of what is done: misaligned", s.t1 + 1 },
        { "count of what is done: running out of its page", edge - 2 },
    };
    struct mmu_update u = { slot, other_entry };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long rc = list(&u, 1, rows[i].at);

        check_state(rows[i].name, rc, 0, "the entry is changed", maps(s.other));
        restore();
        rc = list(&u, 0, rows[i].at);
        check(named("%s, no request", rows[i].name), rc, 0);
    }
}

void test_requests(void)
{
    scratch_take();
    slot = entry_maddr(s.page);
    entry = entry_for(s.page, FLAGS_RW | PV_PTE_NX);
    other_entry = entry_for(s.other, FLAGS_RW | PV_PTE_NX);
    commands();
    words();
    edge = place_before_unmapped();
    lists();
    continued();
    partial();
    counts();
    place_end(edge);
    scratch_give_back();
}
