/* Grant tables: memory, pins, and the operations on a table as a whole. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "grant/table.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/heap.h"

static size_t active_bytes(unsigned int frames)
{
    return frames * ENTRIES_PER_FRAME * sizeof(struct active_grant);
}

static void init_handles(struct grant_table *t)
{
    for (uint32_t i = 0; i < t->handle_count; i++)
        t->handles[i].ref = i + 1 < t->handle_count ? i + 1 : UINT32_MAX;
    t->free_handle = t->handle_count ? 0 : UINT32_MAX;
}

/* The shared frames name their owner, so they come when the domain has its number (grant_attach). */
long grant_init(struct domain *d, unsigned int frames, unsigned int maptrack_frames)
{
    struct grant_table *t;

    if (frames < 1 || frames > GRANT_FRAMES_LIMIT)
        return refuse(-XEN_EINVAL, "%u grant frames", frames);
    t = heap_alloc_zeroed(sizeof(*t));
    if (!t)
        return -XEN_ENOMEM;
    d->grants = t;
    spin_init(&t->lock, RANK_GRANT);
    spin_init(&t->maptrack_lock, RANK_MAPTRACK);
    t->frames = frames;
    t->active = heap_alloc_zeroed(active_bytes(frames));
    t->handle_count = maptrack_frames * HANDLES_PER_FRAME;
    if (maptrack_frames)
        t->handles = heap_alloc_zeroed(maptrack_frames * PAGE_SIZE);
    if (!t->active || (maptrack_frames && !t->handles))
        return -XEN_ENOMEM;
    init_handles(t);
    return 0;
}

long grant_attach(struct domain *d)
{
    for (unsigned int i = 0; i < d->grants->frames; i++) {
        d->grants->shared[i] = frame_alloc_special(d);
        if (!d->grants->shared[i])
            return -XEN_ENOMEM;
    }
    return 0;
}

/* What others have pinned stays pinned; there is just no table any more to mark it in. */
void grant_detach(struct domain *d)
{
    struct grant_table *t = d->grants;
    grant_entry_v1_t *shared[GRANT_FRAMES_LIMIT];

    spin_lock(&t->lock);
    memcpy(shared, t->shared, sizeof(shared));
    memset(t->shared, 0, sizeof(t->shared));
    spin_unlock(&t->lock);
    for (unsigned int i = 0; i < t->frames; i++)
        if (shared[i])
            frame_free_special(shared[i]);
}

void grant_free(struct domain *d)
{
    struct grant_table *t = d->grants;

    heap_free_bytes(t->active, active_bytes(t->frames));
    heap_free_bytes(t->handles, t->handle_count / HANDLES_PER_FRAME * PAGE_SIZE);
    heap_free_bytes(t, sizeof(*t));
    d->grants = NULL;
}

unsigned int grant_frames(const struct domain *d)
{
    return d->grants->frames;
}

bool grant_shared_frame(struct domain *d, unsigned int i, uint64_t *mfn_out)
{
    if (i >= d->grants->frames || !d->grants->shared[i])
        return false;
    *mfn_out = virt_mfn(d->grants->shared[i]).n;
    return true;
}

static grant_entry_v1_t *shared_entry(struct grant_table *t, grant_ref_t ref)
{
    return &t->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* The entry as the guest wrote it: flags and, above them, domid, one 32-bit word of it, so that they are
 * seen, and the in-use bits set, together. */
static inline bool entry_allows(uint32_t word, domid_t mapper, bool readonly)
{
    return (word & (GTF_type_mask | GTF_sub_page)) == GTF_permit_access && word >> 16 == mapper &&
           (readonly || !(word & GTF_readonly));
}

/* First use: the guest's word is checked and marked in one step; the frame is read after that and kept. */
static inline int16_t first_pin(struct active_grant *a, grant_entry_v1_t *shared, domid_t mapper,
                                bool readonly)
{
    _Atomic uint32_t *at = (_Atomic uint32_t *)(void *)shared;
    uint32_t word = atomic_load(at), marks = GTF_reading | (readonly ? 0 : GTF_writing);

    do {
        if (unlikely(!entry_allows(word, mapper, readonly)))
            return GNTST_general_error;
    } while (unlikely(!atomic_compare_exchange_weak(at, &word, word | marks)));
    a->frame = *(volatile uint32_t *)&shared->frame;
    a->mapper = mapper;
    a->flags = word & GTF_readonly ? ACTIVE_READONLY : 0;
    return GNTST_okay;
}

/* In use already: what it said then counts. */
static inline int16_t next_pin(struct active_grant *a, grant_entry_v1_t *shared, domid_t mapper,
                               bool readonly)
{
    if (a->mapper != mapper || (!readonly && (a->flags & ACTIVE_READONLY)))
        return GNTST_general_error;
    if ((readonly ? a->readers : a->writers) == PINS_MAX)
        return GNTST_general_error;
    if (!readonly)
        atomic_fetch_or((_Atomic uint16_t *)&shared->flags, GTF_writing);
    return GNTST_okay;
}

/* The in-use bits follow from the pins, here alone. */
static inline void clear_marks(const struct active_grant *a, grant_entry_v1_t *shared)
{
    uint16_t clear = a->writers ? 0 : a->readers ? GTF_writing : GTF_writing | GTF_reading;

    atomic_fetch_and((_Atomic uint16_t *)&shared->flags, (uint16_t)~clear);
}

static inline int16_t pin_locked(struct domain *granter, grant_ref_t ref, domid_t mapper, bool readonly,
                                 mfn_t *frame)
{
    struct active_grant *a = &granter->grants->active[ref];
    grant_entry_v1_t *shared = shared_entry(granter->grants, ref);
    int16_t status = a->readers || a->writers ? next_pin(a, shared, mapper, readonly)
                                              : first_pin(a, shared, mapper, readonly);

    if (unlikely(status != GNTST_okay))
        return status;
    if (unlikely(granter->dying || !frame_get(a->frame, granter->id))) {
        clear_marks(a, shared);
        return granter->dying ? GNTST_general_error : GNTST_bad_page;
    }
    if (readonly)
        a->readers++;
    else
        a->writers++;
    *frame = mfn(a->frame);
    return GNTST_okay;
}

int16_t grant_pin(struct domain *granter, grant_ref_t ref, domid_t mapper, bool readonly, mfn_t *frame)
{
    struct grant_table *t = granter->grants;
    int16_t status;

    if (unlikely(ref >= t->frames * ENTRIES_PER_FRAME))
        return GNTST_bad_gntref;
    ref = (grant_ref_t)index_nospec(ref, t->frames * ENTRIES_PER_FRAME);
    spin_lock(&t->lock);
    status = likely(t->shared[0]) ? pin_locked(granter, ref, mapper, readonly, frame) : GNTST_general_error;
    spin_unlock(&t->lock);
    return status;
}

void grant_unpin(struct domain *granter, grant_ref_t ref, bool readonly)
{
    struct grant_table *t = granter->grants;
    struct active_grant *a = &t->active[ref];
    mfn_t frame;

    spin_lock(&t->lock);
    frame = mfn(a->frame);
    BUG_ON((readonly ? a->readers : a->writers) == 0);
    if (readonly)
        a->readers--;
    else
        a->writers--;
    if (likely(t->shared[0]))
        clear_marks(a, shared_entry(t, ref));
    spin_unlock(&t->lock);
    frame_put(frame);
}

struct domain *granter_change(struct granter *g, domid_t id)
{
    granter_drop(g);
    g->domain = domain_find(id);
    g->id = id;
    return g->domain;
}

void granter_drop(struct granter *g)
{
    if (g->domain)
        domain_put(g->domain);
}

mfn_t grant_pinned_frame(struct domain *granter, grant_ref_t ref)
{
    mfn_t frame;

    spin_lock(&granter->grants->lock);
    frame = mfn(granter->grants->active[ref].frame);
    spin_unlock(&granter->grants->lock);
    return frame;
}

void grant_for_each_pin(struct domain *d, void (*fn)(uint64_t frame, unsigned int pins))
{
    struct grant_table *t = d->grants;

    for (unsigned int ref = 0; t && ref < t->frames * ENTRIES_PER_FRAME; ref++)
        if (t->active[ref].readers || t->active[ref].writers)
            fn(t->active[ref].frame, t->active[ref].readers + t->active[ref].writers);
}
