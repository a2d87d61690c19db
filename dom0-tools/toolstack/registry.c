/* See registry.h. */
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "registry.h"

static struct managed *entries;

struct pv_waitq registry_changed = PV_WAITQ_INIT;

struct managed *registry_add(const struct domain_config *config)
{
    struct managed *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->domid = DOMID_INVALID;
    m->state = MANAGED_CREATING;
    m->created_ns = pv_now_ns();
    m->config = *config;
    m->next = entries;
    entries = m;
    return m;
}

void registry_remove(struct managed *m)
{
    struct managed **link = &entries;

    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    free(m);
    pv_wake(&registry_changed);
}

void registry_set_state(struct managed *m, enum managed_state state)
{
    m->state = state;
    pv_wake(&registry_changed);
}

struct managed *registry_by_id(domid_t domid)
{
    struct managed *m = entries;

    while (m && (m->domid != domid || domid == DOMID_INVALID))
        m = m->next;
    return m;
}

struct managed *registry_by_name(const char *name)
{
    struct managed *m = entries;

    while (m && strcmp(m->config.name, name))
        m = m->next;
    return m;
}

struct managed *registry_by_uuid(const uint8_t uuid[16])
{
    struct managed *m = entries;

    while (m && memcmp(m->config.uuid, uuid, 16))
        m = m->next;
    return m;
}

struct managed *registry_first(void)
{
    return entries;
}
