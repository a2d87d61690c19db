/* See pirq.h. */
#include <xen/errno.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "event/event.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "lib/lib.h"
#include "lib/lock.h"

enum kind { UNUSED, GSI, MESSAGE };

static struct pirq {
    uint8_t kind;           /* enum kind: not UNUSED means mapped */
    uint8_t vector;         /* 0: none */
    bool level, low;        /* of an input; known before it is mapped */
    bool waits_for_eoi;
    evtchn_port_t port;     /* 0: not bound */
    struct msi msi;
} pirqs[PIRQ_COUNT];

#define VECTORS (VECTOR_PIRQ_LAST - VECTOR_PIRQ_FIRST + 1)
static uint8_t by_vector[VECTORS];      /* pirq of a vector that is taken */
static bool taken[VECTORS];
static unsigned int gsi_count;
static uint64_t known[0x10000 / 64];     /* functions that the control domain has named */
static spinlock_t pirq_lock = SPINLOCK_INIT(RANK_PIRQ);

void pirq_init(void)
{
    gsi_count = MIN(ioapic_gsi_count(), (unsigned int)PIRQ_COUNT / 2);
    for (unsigned int i = 0; i < gsi_count; i++)
        pirqs[i].level = pirqs[i].low = i >= 16;    /* as PCI is wired; the old
                                                     * lines differ by override only */
    for (unsigned int irq = 0; irq < 16; irq++) {
        bool level, low;
        unsigned int gsi = acpi_isa_to_gsi(irq, &level, &low);

        if (gsi < gsi_count) {
            pirqs[gsi].level = level;
            pirqs[gsi].low = low;
        }
    }
    msi_init();
}

static struct pirq *mapped(unsigned int pirq)
{
    assert_held(&pirq_lock);
    if (pirq >= PIRQ_COUNT || pirqs[index_nospec(pirq, PIRQ_COUNT)].kind == UNUSED)
        return NULL;
    return &pirqs[index_nospec(pirq, PIRQ_COUNT)];
}

static unsigned int number_of(const struct pirq *p)
{
    return (unsigned int)(p - pirqs);
}

static long take_vector(struct pirq *p)
{
    for (unsigned int i = 0; i < VECTORS; i++) {
        if (taken[i])
            continue;
        taken[i] = true;
        by_vector[i] = (uint8_t)number_of(p);
        p->vector = (uint8_t)(VECTOR_PIRQ_FIRST + i);
        return 0;
    }
    return refuse(-XEN_ENOSPC, "all %u interrupt vectors are in use", VECTORS);
}

static void give_vector(struct pirq *p)
{
    if (p->vector)
        taken[p->vector - VECTOR_PIRQ_FIRST] = false;
    p->vector = 0;
}

/* ---- mapping ---- */

long pirq_setup_gsi(unsigned int gsi, bool level, bool low)
{
    if (gsi >= gsi_count)
        return refuse(-XEN_EINVAL, "no interrupt input %u", gsi);
    spin_lock(&pirq_lock);
    if (!pirqs[gsi].port) {
        pirqs[gsi].level = level;
        pirqs[gsi].low = low;
    }
    spin_unlock(&pirq_lock);
    return 0;
}

long pirq_map_gsi(unsigned int gsi)
{
    if (gsi >= gsi_count)
        return refuse(-XEN_EINVAL, "no interrupt input %u", gsi);
    spin_lock(&pirq_lock);
    pirqs[gsi].kind = GSI;
    spin_unlock(&pirq_lock);
    return gsi;
}

static long free_number(void)
{
    for (unsigned int i = PIRQ_COUNT - 1; i >= gsi_count; i--)
        if (pirqs[i].kind == UNUSED)
            return i;
    return refuse(-XEN_ENOSPC, "all %u pirqs are in use", PIRQ_COUNT);
}

long pirq_free_number(void)
{
    long rc;

    spin_lock(&pirq_lock);
    rc = free_number();
    spin_unlock(&pirq_lock);
    return rc;
}

static bool same_function(const struct pirq *p, bdf_t function)
{
    return p->kind == MESSAGE && p->msi.function == function;
}

/* A function has one message by MSI, or any number by MSI-X, never both. */
static bool message_in_use(const struct msi *m)
{
    for (unsigned int i = gsi_count; i < PIRQ_COUNT; i++)
        if (same_function(&pirqs[i], m->function) &&
            (!m->is_msix || !pirqs[i].msi.is_msix || pirqs[i].msi.entry == m->entry))
            return true;
    return false;
}

static long map_message(const struct msi *m, int wanted)
{
    long number = wanted < 0 ? free_number() : wanted;
    struct pirq *p;
    long rc;

    if (number < 0)
        return number;
    if (number < (long)gsi_count || number >= PIRQ_COUNT)
        return refuse(-XEN_EINVAL, "pirq %ld is not one for messages", number);
    p = &pirqs[index_nospec((uint64_t)number, PIRQ_COUNT)];
    if (p->kind != UNUSED || message_in_use(m))
        return refuse(-XEN_EEXIST, "pirq %ld or this message of %04x is mapped", number, m->function);
    rc = take_vector(p);
    if (rc)
        return rc;
    p->kind = MESSAGE;
    p->msi = *m;
    msi_setup(m, p->vector, cpus[cpu_id()].apic_id);
    return number;
}

bool pirq_knows_function(bdf_t f)
{
    unsigned int i = index_nospec(f / 64, ARRAY_SIZE(known));

    return known[i] >> (f % 64) & 1;
}

long pirq_map_msi(bdf_t function, uint64_t table, unsigned int entry, int wanted)
{
    struct msi m;
    long rc;

    spin_lock(&pirq_lock);
    rc = pirq_knows_function(function) ? msi_find(&m, function, table, entry)
                            : refuse(-XEN_ENODEV, "PCI function %04x was never named", function);
    if (rc == 0)
        rc = map_message(&m, wanted);
    spin_unlock(&pirq_lock);
    return rc;
}

/* ---- binding ---- */

static void stop(struct pirq *p)
{
    if (p->kind == MESSAGE)
        msi_mask(&p->msi, true);
    else
        ioapic_mask(number_of(p), true);
    p->port = 0;
    p->waits_for_eoi = false;
    if (p->kind == GSI)
        give_vector(p);
}

static bool last_of_function(const struct pirq *p)
{
    for (unsigned int i = gsi_count; i < PIRQ_COUNT; i++)
        if (&pirqs[i] != p && same_function(&pirqs[i], p->msi.function))
            return false;
    return true;
}

static void unmap(struct pirq *p)
{
    if (p->port)
        stop(p);
    if (p->kind == MESSAGE)
        msi_release(&p->msi, last_of_function(p));
    give_vector(p);
    p->kind = UNUSED;
}

long pirq_unmap(unsigned int pirq)
{
    struct pirq *p;

    spin_lock(&pirq_lock);
    p = mapped(pirq);
    if (p)
        unmap(p);
    spin_unlock(&pirq_lock);
    return p ? 0 : refuse(-XEN_EINVAL, "pirq %u is not mapped", pirq);
}

long pirq_add_function(bdf_t function)
{
    if (!pci_present(function))
        return refuse(-XEN_ENODEV, "no PCI function %04x", function);
    spin_lock(&pirq_lock);
    known[function / 64] |= 1UL << (function % 64);
    spin_unlock(&pirq_lock);
    return 0;
}

long pirq_remove_function(bdf_t function)
{
    bool was;

    spin_lock(&pirq_lock);
    was = pirq_knows_function(function);
    known[function / 64] &= ~(1UL << (function % 64));
    for (unsigned int i = gsi_count; i < PIRQ_COUNT; i++)
        if (same_function(&pirqs[i], function))
            unmap(&pirqs[i]);
    spin_unlock(&pirq_lock);
    return was ? 0 : refuse(-XEN_ENODEV, "PCI function %04x was never named", function);
}

static long start(struct pirq *p, evtchn_port_t port)
{
    long rc;

    if (p->port)
        return refuse(-XEN_EEXIST, "pirq %u is bound", number_of(p));
    if (p->kind == GSI) {
        if (ioapic_is_ours(number_of(p)))
            return refuse(-XEN_EBUSY, "interrupt input %u is the hypervisor's", number_of(p));
        rc = take_vector(p);
        if (rc)
            return rc;
        p->port = port;
        ioapic_route(number_of(p), p->vector, cpu_id(), p->level, p->low);
        return 0;
    }
    p->port = port;
    msi_mask(&p->msi, false);
    return 0;
}

long pirq_bind(unsigned int pirq, evtchn_port_t port)
{
    struct pirq *p;
    long rc;

    spin_lock(&pirq_lock);
    p = mapped(pirq);
    rc = p ? start(p, port) : refuse(-XEN_EINVAL, "pirq %u is not mapped", pirq);
    spin_unlock(&pirq_lock);
    return rc;
}

/* The pirq may have been unmapped, and even be somebody else's by now. */
void pirq_unbind(unsigned int pirq, evtchn_port_t port)
{
    struct pirq *p;

    spin_lock(&pirq_lock);
    p = mapped(pirq);
    if (p && p->port == port)
        stop(p);
    spin_unlock(&pirq_lock);
}

long pirq_eoi(unsigned int pirq)
{
    struct pirq *p;

    spin_lock(&pirq_lock);
    p = mapped(pirq);
    if (p && p->waits_for_eoi) {
        p->waits_for_eoi = false;
        ioapic_mask(number_of(p), false);
    }
    spin_unlock(&pirq_lock);
    return p ? 0 : refuse(-XEN_EINVAL, "pirq %u is not mapped", pirq);
}

long pirq_needs_eoi(unsigned int pirq, bool *needed)
{
    struct pirq *p;

    spin_lock(&pirq_lock);
    p = mapped(pirq);
    if (p)
        *needed = p->kind == GSI && p->level;
    spin_unlock(&pirq_lock);
    return p ? 0 : refuse(-XEN_EINVAL, "pirq %u is not mapped", pirq);
}

/* A vector that was given back may still be on its way: it then belongs to nobody, or to a pirq that gets
 * one event too many, which every driver must bear. */
void pirq_interrupt(uint8_t vector)
{
    unsigned int i = vector - VECTOR_PIRQ_FIRST;
    struct pirq *p;

    spin_lock(&pirq_lock);
    p = taken[i] ? &pirqs[by_vector[i]] : NULL;
    if (p && p->kind == GSI && p->level && !p->waits_for_eoi) {
        ioapic_mask(number_of(p), true);
        p->waits_for_eoi = true;
    }
    apic_eoi();
    if (p && p->port)
        event_send_port(first_domain, p->port);
    spin_unlock(&pirq_lock);
}
