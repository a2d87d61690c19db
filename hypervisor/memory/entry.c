/* Entries of guests' page tables: which are allowed, what they hold, and the one function that writes them.
 *
 * An entry of level 2 to 4 refers to a table of exactly the next lower level, owned by the same domain: so
 * depth is bounded by the type and no table can contain itself. A level-1 entry refers to a frame, as
 * writable if it has RW. Bits that are not listed are refused. An entry that is not present may hold anything
 * but the number of a frame. */
#include <xen/errno.h>
#include "boot/early.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/pagetable.h"

#define CACHE_BITS   (PTE_PWT | PTE_PCD | PTE_PAT)
#define UPPER_BITS   (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | \
                      PTE_AVAIL_HIGH | PTE_NX | PTE_FRAME)
#define LEAF_BITS    (UPPER_BITS | PTE_GLOBAL)
/* An entry may change in these without any other check. */
#define CHEAP_BITS   (PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_AVAIL | PTE_AVAIL_HIGH)

static const struct pte_rights own_frames = { .foreign = DOMID_SELF };

static bool is_hypervisor_slot(unsigned int level, unsigned int index)
{
    return level == 4 && index >= HYPERVISOR_FIRST_SLOT && index <= HYPERVISOR_LAST_SLOT;
}

/* An entry that is not present must not point at memory either: processors with the L1 terminal fault read
 * through it. */
static long check_absent(pte_t e)
{
    uint64_t n = pte_mfn(e).n;

    return n == 0 || n >= frame_limit ? 0 : refuse(-XEN_EINVAL, "absent entry %lx points at memory", e);
}

/* Not a frame of `owner`: it may be device memory, for which nothing is counted. */
static long device_get(struct domain *d, pte_t e, domid_t owner)
{
    if (d->control && !(e & ~(LEAF_BITS | CACHE_BITS)) && mfn_is_guest_device(pte_mfn(e).n))
        return 0;
    if (owner == DOMID_IO && frame_get(pte_mfn(e).n, d->id)) {
        frame_put(pte_mfn(e));
        return refuse(-XEN_EBUSY, "level 1 entry %lx: frame is not a device's", e);
    }
    if ((e & PTE_FRAME) == PTE_FRAME)
        return refuse(-XEN_EINVAL, "level 1 entry %lx: no frame number", e);
    return refuse(-XEN_EPERM, "level 1 entry %lx: frame is not one of d%d", e, owner);
}

static long leaf_get_writable(struct domain *d, mfn_t m, domid_t owner, const struct pte_rights *rights)
{
    if (rights->grant && !rights->grant_writable)
        return refuse(-XEN_EINVAL, "frame %lx is granted read-only", m.n);
    /* Another owner's lock is of our rank: what is a page table over there is refused at once. */
    return owner == d->id ? frame_get_writable(m, true) : frame_get_writable_plain(m);
}

/* Level 1: the references that a present entry needs. */
static long leaf_get(struct domain *d, pte_t e, const struct pte_rights *rights)
{
    domid_t owner = rights->foreign == DOMID_SELF ? d->id : rights->foreign;
    mfn_t m = pte_mfn(e);
    long rc;

    if (!frame_get(m.n, owner))
        return device_get(d, e, owner);
    if (owner != d->id)
        atomic_fetch_or(&frame_of(m)->ref, REF_FLAG_SHARED);
    if (e & ~LEAF_BITS)
        rc = refuse(-XEN_EINVAL, "level 1 entry %lx has bits that are not allowed", e);
    else
        rc = e & PTE_RW ? leaf_get_writable(d, m, owner, rights) : 0;
    if (rc)
        frame_put(m);
    return rc;
}

static long upper_get(struct domain *d, pte_t e, unsigned int level)
{
    mfn_t m = pte_mfn(e);
    long rc;

    if (e & ~UPPER_BITS)
        return refuse(-XEN_EINVAL, "level %u entry %lx has bits that are not allowed", level, e);
    if (!frame_get(m.n, d->id))
        return refuse(-XEN_EINVAL, "level %u entry %lx: frame is not the domain's", level, e);
    rc = frame_get_type(m, FRAME_L1 + level - 2);
    if (rc)
        frame_put(m);
    return rc;
}

static long entry_get(struct domain *d, pte_t e, unsigned int level, const struct pte_rights *rights)
{
    if (!(e & PTE_PRESENT))
        return check_absent(e);
    return level == 1 ? leaf_get(d, e, rights) : upper_get(d, e, level);
}

static void entry_put(pte_t e, unsigned int level)
{
    mfn_t m = pte_mfn(e);

    if (!(e & PTE_PRESENT))
        return;
    /* A frame that is referred to has a count; device memory has not. */
    if (level == 1 && (m.n >= frame_limit || !(frame_of(m)->ref & REF_COUNT_MASK)))
        return;
    if (level > 1 || (e & PTE_RW))
        frame_put_type(m);
    frame_put(m);
}

/* Guest kernel and user both run in ring 3. */
static pte_t adjust(pte_t e)
{
    return e & PTE_PRESENT ? e | PTE_USER : e;
}

/* Taking a reference to it was quick: nothing had to be validated. */
static bool is_valid_table(pte_t e)
{
    struct frame *f = e & PTE_PRESENT ? frame_lookup(pte_mfn(e).n) : NULL;

    return !f || (f->type & TYPE_VALIDATED);
}

static void entries_put(pte_t *entries, unsigned int level, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        if (!is_hypervisor_slot(level, i))
            entry_put(entries[i], level);
}

long table_validate(struct domain *d, mfn_t table, unsigned int level)
{
    pte_t *entries = frame_virt(table);

    for (unsigned int i = 0; i < PTES_PER_TABLE; i++) {
        bool quick;
        long rc;

        if (is_hypervisor_slot(level, i) || entries[i] == 0)
            continue;
        quick = level == 1 || is_valid_table(entries[i]);
        rc = entry_get(d, entries[i], level, &own_frames);
        /* Each try validates at least one more table, so it comes to an end. */
        if (rc == 0 && !quick && preempt_check()) {
            entry_put(entries[i], level);
            rc = -ERESTART;
        }
        if (rc) {
            /* What was validated below stays so: a retry gets through faster. */
            entries_put(entries, level, i);
            return rc;
        }
        entries[i] = adjust(entries[i]);
    }
    if (level == 4)
        root_fill_hypervisor_slots(table);
    return 0;
}

void table_devalidate(struct domain *d, mfn_t table, unsigned int level)
{
    pte_t *entries = frame_virt(table);

    assert_held(&d->mmu_lock);
    entries_put(entries, level, PTES_PER_TABLE);
    if (level == 4)
        memset(&entries[HYPERVISOR_FIRST_SLOT], 0,
               (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(pte_t));
}

/* Stores `new`; the processor may set accessed and dirty in the old entry at any moment, nothing else can
 * change it. */
static bool store_if(_Atomic pte_t *slot, pte_t new, pte_t *expect, bool keep_ad, pte_t *old)
{
    pte_t value;

    *old = *slot;
    do {
        if (expect && *old != *expect) {
            *expect = *old;
            return false;
        }
        value = keep_ad ? new | (*old & (PTE_ACCESSED | PTE_DIRTY)) : new;
    } while (!atomic_compare_exchange_weak(slot, old, value));
    return true;
}

static bool store(_Atomic pte_t *slot, pte_t new, pte_t *expect, bool keep_ad, pte_t *old)
{
    if (unlikely(expect || keep_ad))
        return store_if(slot, new, expect, keep_ad, old);
    *old = atomic_exchange(slot, new);
    return true;
}

static __attribute__((noinline)) long rewrite(_Atomic pte_t *slot, pte_t new, pte_t *expect, bool keep_ad)
{
    pte_t old;

    return store_if(slot, new, expect, keep_ad, &old) ? 0 : -XEN_EAGAIN;
}

/* The two entries refer to the same frame in the same way. */
static bool same_references(pte_t old, pte_t new, unsigned int level)
{
    return (old & PTE_PRESENT) && !((old ^ new) & ~CHEAP_BITS) && (level == 1 || !(new & PTE_GLOBAL));
}

/* Idle tables that were given up for the new entry's sake may have been all that held this one. It is then no
 * table any more: what it referred to is put already. */
static bool is_still_table(mfn_t table, unsigned int level)
{
    uint64_t type = frame_of(table)->type;

    return type_of(type) == FRAME_L1 + level - 1 && (type & TYPE_VALIDATED);
}

static __attribute__((noinline)) long replace(struct domain *d, mfn_t table, _Atomic pte_t *slot,
                                              unsigned int level, pte_t new, pte_t *expect, bool keep_ad,
                                              const struct pte_rights *rights)
{
    pte_t old = *slot;
    long rc;

    if (expect && old != *expect) {
        *expect = old;
        return -XEN_EAGAIN;
    }
    rc = entry_get(d, new, level, rights ? rights : &own_frames);
    if (rc)
        return rc;
    if (unlikely(!is_still_table(table, level))) {
        entry_put(new, level);
        return -ERESTART;
    }
    if (!store(slot, new, expect, keep_ad, &old)) {
        entry_put(new, level);
        return -XEN_EAGAIN;
    }
    entry_put(old, level);
    return 0;
}

long pte_write(struct domain *d, mfn_t table, unsigned int level, unsigned int index, pte_t new,
               pte_t *expect, bool keep_ad, const struct pte_rights *rights)
{
    _Atomic pte_t *slot = (_Atomic pte_t *)frame_virt(table) + index;

    assert_held(&d->mmu_lock);
    if (unlikely(is_hypervisor_slot(level, index)))
        return refuse(-XEN_EINVAL, "level 4 slot %u is the hypervisor's", index);
    new = adjust(new);
    if (!same_references(*slot, new, level))
        return replace(d, table, slot, level, new, expect, keep_ad, rights);
    if (unlikely(expect || keep_ad))
        return rewrite(slot, new, expect, keep_ad);
    *slot = new;
    return 0;
}
