/* The list of domains, references, creation and destruction. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "domain/vcpu.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "memory/pagetable.h"
#include "memory/reservation.h"

#define CHUNK_DOMAINS (PAGE_SIZE / sizeof(struct domain *))

struct domain *first_domain;
/* By number, in pages that are allocated as numbers are given out and never
 * freed: numbers are not used again. */
static struct domain **chunks[DIV_ROUND_UP(DOMID_FIRST_RESERVED, CHUNK_DOMAINS)];
static unsigned int next_id;
static spinlock_t list_lock = SPINLOCK_INIT(RANK_DOMLIST);

static struct domain **slot_of(unsigned int id)
{
    struct domain **chunk = id < DOMID_FIRST_RESERVED ? chunks[id / CHUNK_DOMAINS] : NULL;

    return chunk ? &chunk[id % CHUNK_DOMAINS] : NULL;
}

struct domain *domain_by_owner(domid_t id)
{
    struct domain **slot = slot_of(id);

    return slot ? *slot : NULL;
}

struct domain *domain_get(struct domain *d)
{
    atomic_fetch_add(&d->refs, 1);
    return d;
}

struct domain *domain_find(domid_t id)
{
    struct domain *d;

    if (id == DOMID_SELF)
        return domain_get(current->domain);
    spin_lock(&list_lock);
    d = domain_by_owner(id);
    if (d)
        domain_get(d);
    spin_unlock(&list_lock);
    return d;
}

struct domain *domain_next(int id)
{
    struct domain *d = NULL;

    spin_lock(&list_lock);
    for (unsigned int i = (unsigned int)(id + 1); i < next_id && !d; i++)
        d = domain_by_owner((domid_t)i);
    if (d)
        domain_get(d);
    spin_unlock(&list_lock);
    return d;
}

static void free_domain(struct domain *d)
{
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        vcpu_free(d->vcpus[i]);
    if (d->grants)
        grant_free(d);
    if (d->channels)
        event_free(d);
    heap_free_bytes(d, sizeof(*d));
}

/* The count may only reach 0 where domain_find can't bring it back. */
void domain_put(struct domain *d)
{
    unsigned int refs = d->refs;

    while (refs > 1)
        if (atomic_compare_exchange_weak(&d->refs, &refs, refs - 1))
            return;
    spin_lock(&list_lock);
    if (atomic_fetch_sub(&d->refs, 1) != 1) {
        spin_unlock(&list_lock);
        return;
    }
    *slot_of(d->id) = NULL;
    spin_unlock(&list_lock);
    free_domain(d);
}

void domain_frames_held(struct domain *d, uint64_t count)
{
    if (atomic_fetch_add(&d->frames_held, count) == 0)
        domain_get(d);
}

void domain_frames_released(struct domain *d, uint64_t count)
{
    if (atomic_fetch_sub(&d->frames_held, count) == count)
        domain_put(d);
}

/* Gives out a number: the one wanted if it was never used, else the next. */
static long take_id(domid_t wanted, struct domain *d)
{
    unsigned int id;
    struct domain **slot, **page = NULL;

    spin_lock(&list_lock);
    id = wanted ? wanted : next_id;
    slot = slot_of(id);
    spin_unlock(&list_lock);
    if (id >= DOMID_FIRST_RESERVED)
        return refuse(wanted ? -XEN_EINVAL : -XEN_ENOMEM, "all domain numbers have been used");
    if (!slot)
        page = heap_alloc_zeroed(PAGE_SIZE);
    spin_lock(&list_lock);
    if (!slot_of(id) && page) {
        chunks[id / CHUNK_DOMAINS] = page;
        page = NULL;
    }
    slot = slot_of(id);
    if (slot && id >= next_id) {
        d->id = (domid_t)id;
        next_id = id + 1;
        *slot = d;
    }
    spin_unlock(&list_lock);
    heap_free_bytes(page, PAGE_SIZE);
    if (!slot)
        return -XEN_ENOMEM;
    return *slot == d ? 0 : refuse(-XEN_EEXIST, "domain number %u has been used", id);
}

static long alloc_parts(struct domain *d, const struct domain_limits *limits)
{
    long rc = event_init(d, limits->ports);

    if (rc == 0)
        rc = grant_init(d, limits->grant_frames, limits->maptrack_frames);
    for (unsigned int i = 0; rc == 0 && i < limits->vcpus; i++) {
        struct vcpu *v = vcpu_alloc(d, i);

        if (v)
            d->vcpus[d->vcpu_count++] = v;
        else
            rc = -XEN_ENOMEM;
    }
    return rc;
}

static struct domain *alloc_domain(void)
{
    struct domain *d = heap_alloc_zeroed(sizeof(*d));

    if (!d)
        return NULL;
    d->refs = 1;
    d->shutdown_code = -1;
    d->frames_head = d->idle_head = d->teardown_frame = FRAME_LIST_END;
    d->weight = SCHED_DEFAULT_WEIGHT;
    d->pause_count = 1;
    d->paused_by_control = true;
    spin_init(&d->mmu_lock, RANK_MMU);
    spin_init(&d->frames_lock, RANK_FRAMES);
    sched_watchdogs_init(d);
    return d;
}

static void free_special(struct domain *d)
{
    grant_detach(d);
    if (d->shared_info)
        frame_free_special(d->shared_info);
    d->shared_info = NULL;
    frames_release();
}

/* vcpus need the domain's number and shared page, so these come last. */
static long finish(struct domain *d)
{
    d->shared_info = frame_alloc_special(d);
    if (!d->shared_info || grant_attach(d))
        return -XEN_ENOMEM;
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        vcpu_attach(d->vcpus[i]);
    domain_update_wallclock(d);
    return 0;
}

long domain_create(domid_t id, bool control, const uint8_t handle[16], const struct domain_limits *limits,
                   struct domain **out)
{
    struct domain *d;
    long rc;

    if (limits->vcpus < 1 || limits->vcpus > MAX_VCPUS || limits->ports < 2 || limits->ports > 4096)
        return refuse(-XEN_EINVAL, "createdomain: %u vcpus, %u ports", limits->vcpus, limits->ports);
    d = alloc_domain();
    if (!d)
        return -XEN_ENOMEM;
    d->control = control;
    memcpy(d->handle, handle, sizeof(d->handle));
    rc = alloc_parts(d, limits);
    if (rc == 0)
        rc = take_id(id, d);
    if (rc) {
        free_domain(d);     /* nobody has seen it */
        return rc;
    }
    rc = finish(d);
    if (rc) {
        d->dying = true;
        free_special(d);
        domain_put(d);
        return rc;
    }
    *out = domain_get(d);
    return 0;
}

enum teardown_step { STEP_PAUSE, STEP_EVENTS, STEP_GRANTS, STEP_VCPUS, STEP_MEMORY, STEP_REST, STEP_DONE };

static long teardown_step(struct domain *d)
{
    switch (d->teardown_step) {
    case STEP_PAUSE:
        d->dying = true;
        domain_pause(d);
        for (unsigned int i = 0; i < d->vcpu_count; i++)
            sched_vcpu_destroy(d->vcpus[i]);
        sched_watchdogs_stop(d);
        return 0;
    case STEP_EVENTS:
        return event_teardown(d);
    case STEP_GRANTS:
        return grant_teardown(d);
    case STEP_VCPUS:
        for (unsigned int i = 0; i < d->vcpu_count; i++)
            vcpu_teardown(d->vcpus[i]);
        return 0;
    case STEP_MEMORY:
        return reservation_teardown(d);
    case STEP_REST:
        free_special(d);
        event_send_global_virq(VIRQ_DOM_EXC);
        domain_put(d);
        return 0;
    default:
        return 0;
    }
}

long domain_destroy_step(struct domain *d)
{
    while (d->teardown_step != STEP_DONE) {
        long rc = teardown_step(d);

        if (rc)
            return rc;
        d->teardown_step++;
        if (d->teardown_step != STEP_DONE && preempt_check())
            return -ERESTART;
    }
    return 0;
}
