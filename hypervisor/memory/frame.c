/* The frame table's plain references, ownership and release. */
#include <xen/errno.h>
#include "boot/boot-info.h"
#include "boot/early.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "memory/m2p.h"

uint64_t frame_limit;
uint64_t frame_total;

static void release_later(struct frame *f)
{
    struct cpu *cpu = this_cpu()->cpu;

    f->next = cpu->release_count ? (uint32_t)cpu->release_list : FRAME_LIST_END;
    cpu->release_list = frame_mfn(f).n;
    cpu->release_count++;
    atomic_fetch_or(&this_cpu()->work, WORK_RELEASE);
}

void frame_last_put(struct frame *f, uint64_t old_ref)
{
    BUG_ON((old_ref & REF_COUNT_MASK) == 0);
    release_later(f);
}

/* CPUs that may remember a mapping of one of the frames on a list: those on their owners' roots, or on
 * anybody's if others have mapped one. */
static uint64_t cpus_that_know(uint32_t n, uint32_t count)
{
    uint64_t mask = 0;

    for (; count--; n = frame_table[n].next) {
        uint64_t ref = frame_table[n].ref;
        struct domain *owner = domain_by_owner(ref_owner(ref));

        if ((ref & REF_FLAG_SHARED) || !owner)
            return guest_root_cpus();
        mask |= atomic_load(&owner->tlb_mask);
    }
    return mask;
}

/* Frames of its have gone; it may go with the last one. */
static void tell_owner(domid_t owner, uint64_t frames)
{
    struct domain *d = frames ? domain_by_owner(owner) : NULL;

    if (d)
        domain_frames_released(d, frames);
}

void frames_release(void)
{
    struct cpu *cpu = this_cpu()->cpu;
    uint32_t n = (uint32_t)cpu->release_list, count = cpu->release_count;
    uint64_t frames = 0;            /* of one owner, one after the other */
    domid_t owner = 0;

    if (count == 0)
        return;
    cpu->release_count = 0;
    atomic_fetch_and(&this_cpu()->work, ~WORK_RELEASE);
    /* Mappings are gone; now what processors remember of them; only then may somebody else get the frame. */
    cpu_flush_tlb(cpus_that_know(n, count));
    while (count--) {
        struct frame *f = &frame_table[n];

        BUG_ON(f->type & (TYPE_COUNT_MASK | TYPE_VALIDATED));
        if (ref_owner(f->ref) != owner) {
            tell_owner(owner, frames);
            owner = ref_owner(f->ref);
            frames = 0;
        }
        frames++;
        n = f->next;
        m2p_set(frame_mfn(f), M2P_INVALID);
        f->ref = 0;
        f->type = 0;
        heap_free(frame_mfn(f), 0);
    }
    tell_owner(owner, frames);
}

static void list_add(struct domain *d, uint32_t *head, struct frame *f)
{
    uint32_t n = (uint32_t)frame_mfn(f).n;

    assert_held(&d->frames_lock);
    f->prev = FRAME_LIST_END;
    f->next = *head;
    if (*head != FRAME_LIST_END)
        frame_table[*head].prev = n;
    *head = n;
}

static void list_del(struct domain *d, uint32_t *head, struct frame *f)
{
    assert_held(&d->frames_lock);
    if (f->next != FRAME_LIST_END)
        frame_table[f->next].prev = f->prev;
    if (f->prev != FRAME_LIST_END)
        frame_table[f->prev].next = f->next;
    else
        *head = f->next;
}

void frame_list_move_idle(struct domain *d, mfn_t m, bool idle)
{
    struct frame *f = frame_of(m);

    spin_lock(&d->frames_lock);
    if (idle != !!(f->type & TYPE_IDLE)) {
        list_del(d, idle ? &d->frames_head : &d->idle_head, f);
        list_add(d, idle ? &d->idle_head : &d->frames_head, f);
        d->frames_idle += idle ? 1 : (uint64_t)-1;
        if (idle)
            atomic_fetch_or(&f->type, TYPE_IDLE);
        else
            atomic_fetch_and(&f->type, ~TYPE_IDLE);
    }
    spin_unlock(&d->frames_lock);
}

bool frame_is_listed(struct domain *d, mfn_t m)
{
    const struct frame *f = frame_of(m);

    return (f->ref & (REF_FLAG_OWNED | REF_FLAG_SPECIAL)) == REF_FLAG_OWNED && ref_owner(f->ref) == d->id &&
           !(f->type & TYPE_IDLE);
}

bool frame_first_idle(struct domain *d, mfn_t *m)
{
    bool any;

    spin_lock(&d->frames_lock);
    any = d->idle_head != FRAME_LIST_END;
    *m = mfn(d->idle_head);
    spin_unlock(&d->frames_lock);
    return any;
}

bool frame_first_owned(struct domain *d, mfn_t *m)
{
    bool any;

    spin_lock(&d->frames_lock);
    any = d->frames_head != FRAME_LIST_END;
    *m = mfn(d->frames_head);
    spin_unlock(&d->frames_lock);
    return any;
}

long frame_assign(struct domain *d, mfn_t m, uint64_t count)
{
    uint64_t held;

    spin_lock(&d->frames_lock);
    /* Also what it has given up counts until nobody maps it: else it could hold any amount that way. */
    held = d->frames_held - d->frames_special;
    if (d->dying || count > d->frames_max - MIN(held, d->frames_max)) {
        spin_unlock(&d->frames_lock);
        return d->dying ? -XEN_EINVAL : -XEN_ENOMEM;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct frame *f = frame_of(mfn_add(m, i));

        f->type = 0;
        list_add(d, &d->frames_head, f);
        atomic_store(&f->ref, ((uint64_t)d->id << REF_OWNER_SHIFT) | REF_FLAG_OWNED | 1);
    }
    d->frames += count;
    domain_frames_held(d, count);
    spin_unlock(&d->frames_lock);
    return 0;
}

bool frame_disown(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    bool mine;

    spin_lock(&d->frames_lock);
    mine = (f->ref & REF_FLAG_OWNED) && !(f->ref & REF_FLAG_SPECIAL) && ref_owner(f->ref) == d->id;
    if (mine) {
        BUG_ON(f->type & TYPE_IDLE);
        list_del(d, &d->frames_head, f);
        atomic_fetch_and(&f->ref, ~REF_FLAG_OWNED);
        d->frames--;
    }
    spin_unlock(&d->frames_lock);
    if (mine)
        frame_put(m);
    return mine;
}

void *frame_alloc_special(struct domain *d)
{
    void *p = heap_alloc_zeroed(PAGE_SIZE);
    struct frame *f;

    if (!p)
        return NULL;
    f = frame_of(virt_mfn(p));
    /* The hypervisor writes to it as long as it is there: writable for good, so never a page table. */
    f->type = ((uint64_t)FRAME_WRITABLE << TYPE_SHIFT) | 1;
    atomic_store(&f->ref, ((uint64_t)d->id << REF_OWNER_SHIFT) | REF_FLAG_OWNED | REF_FLAG_SPECIAL | 1);
    domain_frames_held(d, 1);
    d->frames_special++;
    return p;
}

void frame_free_special(void *p)
{
    mfn_t m = virt_mfn(p);

    atomic_fetch_and(&frame_of(m)->ref, ~REF_FLAG_OWNED);
    frame_put_type(m);
    frame_put(m);
}
