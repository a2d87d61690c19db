/* See reservation.h. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/guest-access.h"
#include "memory/heap.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"
#include "memory/reservation.h"

mfn_t reservation_take(struct domain *d, unsigned int order, bool low)
{
    mfn_t m;

    if (d->frames + (1UL << order) > d->frames_max)
        return MFN_NONE;        /* spares the clearing; frame_assign decides */
    m = heap_alloc(order, low);
    if (mfn_eq(m, MFN_NONE))
        return m;
    memset(frame_virt(m), 0, PAGE_SIZE << order);
    if (frame_assign(d, m, 1UL << order) == 0)
        return m;
    heap_free(m, order);
    return MFN_NONE;
}

/* Address bits that the caller's hardware can reach; only "below 4 GiB" is offered. */
static bool wants_low(uint32_t mem_flags)
{
    unsigned int bits = XENMEMF_get_address_bits(mem_flags);

    return bits && bits <= 32;
}

#define NO_NODE       0xff
#define HIGHEST_NODE  63

/* There is node 0 alone. The control domain's wish for another is met from there, unless it wants no
 * other; other domains may not insist. */
static bool node_is_there(uint32_t mem_flags)
{
    unsigned int node = XENMEMF_get_node(mem_flags);
    bool exact = mem_flags & XENMEMF_exact_node_request;

    if (node == NO_NODE)
        return true;
    if (!current->domain->control)
        return !exact;
    return exact ? node == 0 : node <= HIGHEST_NODE;
}

/* Of memory with short addresses, only what lies below 4 GiB is known. */
static bool addresses_are_there(uint32_t mem_flags)
{
    unsigned int bits = XENMEMF_get_address_bits(mem_flags);

    return bits == 0 || bits >= 32;
}

static long check_extents(const struct xen_memory_reservation *r)
{
    /* Populate-on-demand and virtual nodes mean nothing here. */
    if (r->mem_flags & ~(XENMEMF_address_bits(0xff) | XENMEMF_exact_node_request | (0xffU << 8)))
        return refuse(-XEN_EINVAL, "memory_op: flags %x", r->mem_flags);
    if (!node_is_there(r->mem_flags) || !addresses_are_there(r->mem_flags))
        return refuse(-XEN_EINVAL, "memory_op: flags %x: no such memory", r->mem_flags);
    if (r->nr_extents > UINT32_MAX)
        return refuse(-XEN_EINVAL, "memory_op: %lu extents", r->nr_extents);
    return 0;
}

/* One block, told to the guest. False: the caller stops here. */
static bool give_block(struct domain *d, const struct xen_memory_reservation *r, uint64_t i, bool physmap)
{
    guest_addr_t list = guest_ptr(r->extent_start.p);
    uint64_t pfn = 0;
    mfn_t m;

    if (physmap && copy_from_guest_index(&pfn, list, i))
        return false;
    m = reservation_take(d, r->extent_order, wants_low(r->mem_flags));
    if (mfn_eq(m, MFN_NONE))
        return false;
    for (uint64_t k = 0; physmap && k < 1UL << r->extent_order; k++)
        m2p_set(mfn_add(m, k), pfn + k);
    /* If it can't be told the block stays d's, who may have found and used it already. */
    return !list.a || copy_to_guest_index(list, i, &m.n) == 0;
}

long reservation_populate(struct domain *d, const struct xen_memory_reservation *r, uint32_t cmd)
{
    struct continuation *c = &current->continuation;
    bool physmap = cmd == XENMEM_populate_physmap;

    if (check_extents(r) || (physmap && !r->extent_start.p))
        return 0;
    /* Large blocks, and low ones, for which free memory is searched, are for whom devices may belong to. */
    if (!current->domain->control && (r->extent_order || wants_low(r->mem_flags)))
        return 0;
    if (r->extent_order > HEAP_MAX_ORDER / 2)
        return 0;
    while (c->done < r->nr_extents && give_block(d, r, c->done, physmap)) {
        c->done++;
        if (c->done < r->nr_extents && (r->extent_order || c->done % 16 == 0) && preempt_check())
            return -ERESTART;
    }
    return (long)c->done;
}

/* After an idle table has gone, what it alone held goes too. */
static bool still_referenced(mfn_t m)
{
    return (frame_of(m)->ref & REF_COUNT_MASK) != 0;
}

static long take_frame(struct domain *d, uint64_t n)
{
    bool taken;
    long rc;

    if (!frame_get(n, d->id))
        return refuse(-XEN_EINVAL, "decrease_reservation: frame %lx is not one of d%d", n, d->id);
    spin_lock(&d->mmu_lock);
    rc = frame_retype_none(d, mfn(n));
    taken = rc == 0 && frame_disown(d, mfn(n));
    frame_put(mfn(n));
    /* Idle tables may be all that holds it. */
    while (taken && still_referenced(mfn(n)) && frame_reclaim_idle(d))
        if (preempt_check())
            break;
    spin_unlock(&d->mmu_lock);
    if (rc)
        return rc;
    return taken ? 0 : -XEN_EINVAL;
}

long reservation_decrease(struct domain *d, const struct xen_memory_reservation *r)
{
    struct continuation *c = &current->continuation;

    if (check_extents(r) || r->extent_order > HEAP_MAX_ORDER / 2 ||
        (r->extent_order && !current->domain->control))
        return 0;
    while (c->done < r->nr_extents) {
        uint64_t n;
        long rc = 0;

        if (copy_from_guest_index(&n, guest_ptr(r->extent_start.p), c->done))
            break;
        for (uint64_t k = c->extra[0]; rc == 0 && k < 1UL << r->extent_order; k++) {
            rc = take_frame(d, n + k);
            c->extra[0] = rc ? k : 0;
        }
        if (this_cpu()->cpu->release_count >= 64)
            frames_release();
        if (rc == -ERESTART)
            return rc;
        if (rc)
            break;
        c->done++;
        if (c->done < r->nr_extents && (r->extent_order || c->done % 8 == 0) && preempt_check())
            return -ERESTART;
    }
    return (long)c->done;
}

/* Pins are what a guest may leave behind. The place reached is kept in the domain; should the frame there
 * have gone meanwhile (the control domain may take frames from a dying domain too), the walk starts again. */
static long teardown_pins(struct domain *d)
{
    uint32_t n = d->teardown_frame;

    if (d->teardown_unpinned)
        return 0;
    if (n == FRAME_LIST_END || !frame_is_listed(d, mfn(n)))
        n = d->frames_head;
    for (unsigned int seen = 1; n != FRAME_LIST_END; seen++) {
        uint32_t next = frame_table[n].next;

        if (frame_table[n].type & TYPE_PINNED)
            (void)frame_unpin(d, mfn(n));
        n = next;
        d->teardown_frame = n;
        if (n != FRAME_LIST_END && seen % 64 == 0 && preempt_check())
            return -ERESTART;
    }
    d->teardown_unpinned = true;
    return 0;
}

static long teardown_idle(struct domain *d)
{
    while (frame_reclaim_idle(d))
        if (preempt_check())
            return -ERESTART;
    return 0;
}

/* Without roots and pins everything becomes idle, from the top down. What is pinned may be on the idle
 * list from before: it leaves that first, because pins are looked for on the ordinary one. */
static long teardown_tables(struct domain *d)
{
    long rc = teardown_idle(d);

    if (rc == 0)
        rc = teardown_pins(d);
    return rc ? rc : teardown_idle(d);
}

long reservation_teardown(struct domain *d)
{
    mfn_t m;
    long rc;

    spin_lock(&d->mmu_lock);
    rc = teardown_tables(d);
    spin_unlock(&d->mmu_lock);
    if (rc)
        return rc;
    while (frame_first_owned(d, &m)) {
        spin_lock(&d->mmu_lock);
        rc = frame_retype_none(d, m);
        BUG_ON(rc || !frame_disown(d, m));
        spin_unlock(&d->mmu_lock);
        if (this_cpu()->cpu->release_count >= 64) {
            frames_release();
            if (preempt_check())
                return -ERESTART;
        }
    }
    frames_release();
    return 0;
}
