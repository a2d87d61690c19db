/* Types of frames: how a frame becomes a page table, a descriptor page or writable, and how it stops being
 * one.
 *
 * A table stays validated when its last user goes (idle) and keeps its references. It is devalidated when
 * somebody wants the frame as something else. Since an idle table holds type references to the tables below
 * it, a frame that looks used may be held by idle tables only: whoever meets a conflict gives up idle
 * tables, newest first, until the conflict is gone. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/frame-type.h"
#include "memory/pagetable.h"

/* What a CPU may remember of a frame of d: the CPUs on d's roots, or on
 * anybody's if others have mapped it. */
static void flush_translations(struct domain *d, struct frame *f)
{
    cpu_flush_tlb(f->ref & REF_FLAG_SHARED ? guest_root_cpus() : atomic_load(&d->tlb_mask));
}

static void devalidate(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    enum frame_type t = type_of(f->type);

    assert_held(&d->mmu_lock);
    BUG_ON((f->type & TYPE_COUNT_MASK) || !(f->type & TYPE_VALIDATED));
    if (type_is_table(t))
        table_devalidate(d, m, t - FRAME_L1 + 1);
    frame_list_move_idle(d, m, false);
    atomic_store(&f->type, type_word(t, 0));
}

/* Some on the list have found a user again. Leaving them out is no step forward if it was the caller who
 * has just got them: an operation that starts again would put them back. It holds fewer than this, so after
 * as many it is a step that counts. */
#define MAX_LEFT_OUT 4096

bool frame_reclaim_idle(struct domain *d)
{
    mfn_t m;

    for (unsigned int left_out = 0; frame_first_idle(d, &m); left_out++) {
        if (left_out == MAX_LEFT_OUT)
            return true;
        if (!(frame_of(m)->type & TYPE_COUNT_MASK)) {
            devalidate(d, m);
            return true;
        }
        frame_list_move_idle(d, m, false);
    }
    return false;
}

/* Gives up idle tables until m is not used as anything. */
static long resolve_conflict(struct domain *d, struct frame *f)
{
    while (f->type & TYPE_COUNT_MASK) {
        if (!frame_reclaim_idle(d))
            return -XEN_EBUSY;
        if (preempt_check())
            return -ERESTART;
    }
    return 0;
}

long frame_retype_none(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    enum frame_type t = type_of(f->type);
    uint64_t word;
    long rc;

    assert_held(&d->mmu_lock);
    if (t == FRAME_NONE || t == FRAME_WRITABLE)
        return 0;
    if (f->type & TYPE_PINNED)
        return -XEN_EBUSY;
    rc = resolve_conflict(d, f);
    if (rc)
        return rc;
    if (f->type & TYPE_VALIDATED)
        devalidate(d, m);
    flush_translations(d, f);
    word = type_word(t, 0);
    BUG_ON(!atomic_compare_exchange_strong(&f->type, &word, type_word(FRAME_NONE, 0)));
    return 0;
}

/* The frame itself is used as another type; other errors are about what it contains. */
#define RETYPE_CONFLICT 1

/* Ends every use of the frame that idle tables alone make of it. */
static long clear_old_type(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    enum frame_type old = type_of(f->type);
    long rc = old == FRAME_NONE || old == FRAME_WRITABLE ? resolve_conflict(d, f) : frame_retype_none(d, m);

    return rc == -XEN_EBUSY ? RETYPE_CONFLICT : rc;
}

/* From whatever it was, unused, to a table or descriptor page. */
static long retype_validated(struct domain *d, mfn_t m, enum frame_type t)
{
    struct frame *f = frame_of(m);
    long rc = clear_old_type(d, m);
    uint64_t old = f->type;

    if (rc)
        return rc;
    /* A writable reference may come or go at the same time: only the exchange decides. */
    if ((old & TYPE_COUNT_MASK) || !atomic_compare_exchange_strong(&f->type, &old, type_word(t, 1)))
        return RETYPE_CONFLICT;
    if (type_of(old) == FRAME_WRITABLE)
        flush_translations(d, f);
    rc = t == FRAME_SEGDESC ? descriptors_validate(m) : table_validate(d, m, t - FRAME_L1 + 1);
    if (rc) {
        /* Nobody could have used it meanwhile: they would need mmu_lock. Stays flushed: nothing is writable
         * here. */
        atomic_store(&f->type, type_word(FRAME_NONE, 0));
        return rc;
    }
    atomic_store(&f->type, type_word(t, TYPE_VALIDATED | 1));
    return 0;
}

long frame_get_type(mfn_t m, enum frame_type t)
{
    struct frame *f = frame_of(m);
    struct domain *d;
    uint64_t word;
    long rc;

    if (t == FRAME_WRITABLE)
        return frame_get_writable(m, false);
    d = domain_by_owner(ref_owner(f->ref));
    if (!d || (f->ref & REF_FLAG_SPECIAL) || !(f->ref & REF_FLAG_OWNED))
        return refuse(-XEN_EINVAL, "frame %lx can't be a table", m.n);
    assert_held(&d->mmu_lock);
    word = f->type;
    if (type_of(word) == t && (word & TYPE_VALIDATED)) {
        if ((word & TYPE_COUNT_MASK) >= TYPE_COUNT_LIMIT)
            return refuse(-XEN_EINVAL, "frame %lx: too many uses", m.n);
        atomic_fetch_add(&f->type, 1);
        return 0;
    }
    rc = retype_validated(d, m, t);
    return rc == RETYPE_CONFLICT ? refuse(-XEN_EINVAL, "frame %lx is in use as something else", m.n) : rc;
}

long frame_make_writable(mfn_t m, bool locked)
{
    struct domain *d = domain_by_owner(ref_owner(frame_of(m)->ref));
    long rc;

    if (!d)
        return -XEN_EINVAL;
    if (!locked)
        spin_lock(&d->mmu_lock);
    rc = frame_retype_none(d, m);
    if (rc == 0)
        rc = frame_get_writable_plain(m);
    else if (rc != -ERESTART)
        rc = refuse(-XEN_EBUSY, "frame %lx is in use as a page table or descriptor page", m.n);
    if (!locked)
        spin_unlock(&d->mmu_lock);
    return rc;
}

/* The count was 0 or 1. */
void frame_last_put_type(struct frame *f, uint64_t old_type)
{
    BUG_ON((old_type & TYPE_COUNT_MASK) == 0);
    if (old_type & TYPE_VALIDATED) {
        struct domain *d = domain_by_owner(ref_owner(f->ref));

        assert_held(&d->mmu_lock);
        frame_list_move_idle(d, frame_mfn(f), true);
    }
}

void frame_put_both(mfn_t m)
{
    frame_put_type(m);
    frame_put(m);
}
