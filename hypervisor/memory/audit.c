/* See audit.h. The counts that ought to be are built up in two arrays as large as memory has frames. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "lib/lib.h"
#include "memory/audit.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "memory/pagetable.h"

#define MAX_REPORTS 16
#define MAX_TRIES   5

struct expected { uint32_t refs, types; };

static struct expected *expected;

static void hold(uint64_t n, bool as_type)
{
    if (n >= frame_limit)
        return;
    expected[n].refs++;
    expected[n].types += as_type;
}

static bool holds_table(const struct frame *f)
{
    return type_is_table(type_of(f->type)) && (f->type & TYPE_VALIDATED);
}

/* What a validated table holds. Device memory is not counted. */
static void expect_table(const struct frame *f)
{
    const pte_t *entries = frame_virt(frame_mfn(f));
    unsigned int level = type_of(f->type) - FRAME_L1 + 1;

    for (unsigned int i = 0; i < PTES_PER_TABLE; i++) {
        pte_t e = entries[i];

        if (!(e & PTE_PRESENT) || (level == 4 && i >= HYPERVISOR_FIRST_SLOT && i <= HYPERVISOR_LAST_SLOT))
            continue;
        if (level > 1 || mfn_is_ram(pte_mfn(e).n))
            hold(pte_mfn(e).n, level > 1 || (e & PTE_RW));
    }
}

static void expect_frames(void)
{
    for (uint64_t n = 0; n < frame_limit; n++) {
        const struct frame *f = &frame_table[n];

        if (f->ref & REF_FLAG_OWNED)
            hold(n, f->ref & REF_FLAG_SPECIAL);
        if (f->ref & REF_FLAG_FREE)
            continue;
        if (f->type & TYPE_PINNED)
            hold(n, true);
        if (holds_table(f))
            expect_table(f);
    }
}

static void expect_vcpu(const struct vcpu *v)
{
    if (v->kernel_root.n)
        hold(v->kernel_root.n, true);
    if (v->user_root.n)
        hold(v->user_root.n, true);
    for (unsigned int i = 0; i < 16; i++) {
        if (v->gdt_frames[i])
            hold(v->gdt_frames[i], true);
        if (v->ldt_mapped[i])
            hold(v->ldt_mapped[i], true);
    }
    if (!mfn_eq(v->info_mfn, MFN_NONE))
        hold(v->info_mfn.n, true);
}

static void expect_grant(uint64_t frame, unsigned int pins)
{
    while (pins--)
        hold(frame, false);
}

static void expect_domains(void)
{
    for (unsigned int id = 0; id < DOMID_FIRST_RESERVED; id++) {
        struct domain *d = domain_by_owner((domid_t)id);

        if (!d)
            continue;
        for (unsigned int i = 0; i < d->vcpu_count; i++)
            expect_vcpu(d->vcpus[i]);
        grant_for_each_pin(d, expect_grant);
    }
}

static long compare_frames(bool report)
{
    long wrong = 0;

    for (uint64_t n = 0; n < frame_limit; n++) {
        const struct frame *f = &frame_table[n];
        uint64_t refs = f->ref & REF_COUNT_MASK, types = f->type & TYPE_COUNT_MASK;

        if ((f->ref & REF_FLAG_FREE) || (refs == expected[n].refs && types == expected[n].types))
            continue;
        if (report && wrong < MAX_REPORTS)
            log_error("audit: frame %lx of d%u, type %u: %lu references, %u expected; %lu as its type, "
                      "%u expected", n, ref_owner(f->ref), type_of(f->type), refs, expected[n].refs, types,
                      expected[n].types);
        wrong++;
    }
    return wrong;
}

/* The length of a list, whose frames must be the domain's and know on which list
 * they are; UINT64_MAX: one is not. */
static uint64_t list_length(const struct domain *d, uint32_t head, bool idle)
{
    uint64_t length = 0;

    for (uint32_t n = head; n != FRAME_LIST_END; n = frame_table[n].next) {
        const struct frame *f = &frame_table[n];

        if (!(f->ref & REF_FLAG_OWNED) || ref_owner(f->ref) != d->id || !!(f->type & TYPE_IDLE) != idle ||
            length++ > frame_limit)
            return UINT64_MAX;
    }
    return length;
}

static long compare_lists(bool report)
{
    long wrong = 0;

    for (unsigned int id = 0; id < DOMID_FIRST_RESERVED; id++) {
        struct domain *d = domain_by_owner((domid_t)id);
        uint64_t ordinary, idle;

        if (!d)
            continue;
        ordinary = list_length(d, d->frames_head, false);
        idle = list_length(d, d->idle_head, true);
        if (idle == d->frames_idle && ordinary + idle == d->frames)
            continue;
        if (report)
            log_error("audit: d%u owns %lu frames, %lu of them idle; its lists have %lu and %lu", id,
                      d->frames, d->frames_idle, ordinary, idle);
        wrong++;
    }
    return wrong;
}

static long audit_once(bool report)
{
    long wrong;

    cpu_stop_others();
    frames_release();
    memset(expected, 0, frame_limit * sizeof(*expected));
    expect_frames();
    expect_domains();
    wrong = compare_frames(report) + compare_lists(report);
    cpu_resume_others();
    return wrong;
}

long frame_audit(void)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    long wrong = -1;

    if (atomic_flag_test_and_set(&busy))
        return -XEN_EBUSY;
    expected = heap_alloc_zeroed(frame_limit * sizeof(*expected));
    if (!expected) {
        atomic_flag_clear(&busy);
        return -XEN_ENOMEM;
    }
    /* Another CPU may have been stopped between two steps that belong
     * together: only what stays wrong is wrong. */
    for (int i = 0; i < MAX_TRIES && wrong != 0; i++)
        wrong = audit_once(i == MAX_TRIES - 1);
    heap_free_bytes(expected, frame_limit * sizeof(*expected));
    atomic_flag_clear(&busy);
    return wrong;
}
