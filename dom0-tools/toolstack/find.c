/* Names, ids and UUIDs of domains, the toolstack's own and others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "control.h"
#include "lifecycle.h"
#include "store_keys.h"

#define LIST_BATCH 32u

/* Looks through domains that the registry does not know. DOMID_INVALID: none has this name. */
static domid_t find_unmanaged(const char *name)
{
    struct xen_domctl_getdomaininfo *batch = malloc(LIST_BATCH * sizeof(*batch));
    char found[CONFIG_NAME_SIZE];
    unsigned first = 0;
    int count = batch ? 1 : 0;

    while (count > 0 && first < DOMID_FIRST_RESERVED) {
        count = control_list((domid_t)first, batch, LIST_BATCH);
        for (int i = 0; i < count; i++) {
            domid_t domid = batch[i].domain;

            first = domid + 1u;
            if (registry_by_id(domid))
                continue;
            store_keys_name(domid, found);
            if (found[0] && !strcmp(found, name)) {
                free(batch);
                return domid;
            }
        }
    }
    free(batch);
    return DOMID_INVALID;
}

int lifecycle_check_name(const char *name, const struct managed *except, struct toolstack_error *err)
{
    struct managed *m = registry_by_name(name);
    domid_t other;

    if (m && m != except)
        return toolstack_fail(err, -EEXIST, name, "a domain with this name exists already");
    other = find_unmanaged(name);
    if (other != DOMID_INVALID)
        return toolstack_fail(err, -EEXIST, name, "domain %u has this name already", other);
    return 0;
}

static bool read_id(const char *text, unsigned long *id)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *id = strtoul(text, &end, 10);
    return *end == 0;
}

int toolstack_find(const char *name_or_id, domid_t *domid, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    struct managed *m;
    unsigned long id;

    if (read_id(name_or_id, &id)) {
        if (id >= DOMID_FIRST_RESERVED || control_info((domid_t)id, &info))
            return toolstack_fail(err, -ENOENT, name_or_id, "there is no domain with this id");
        *domid = (domid_t)id;
        return toolstack_ok(err);
    }
    m = registry_by_name(name_or_id);
    if (m && m->domid != DOMID_INVALID) {
        *domid = m->domid;
        return toolstack_ok(err);
    }
    if (m)
        return toolstack_fail(err, -EBUSY, name_or_id, "the domain is only just being created");
    *domid = find_unmanaged(name_or_id);
    if (*domid != DOMID_INVALID)
        return toolstack_ok(err);
    toolstack_fail(err, -ENOENT, name_or_id, "no domain has this name");
    toolstack_advise(err, "`list` shows the domains");
    return -ENOENT;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Version 4 in form. It has to be different, not secret: time, the cycle counter and a count make it so. */
void lifecycle_make_uuid(uint8_t uuid[16])
{
    static uint64_t count;
    uint64_t half[2];
    uint8_t made[16];

    /* Made apart: the place it is for may be that of a domain which the registry has already. */
    do {
        half[0] = mix(pv_wall_ns() + ++count);
        half[1] = mix(half[0] ^ __builtin_ia32_rdtsc());
        memcpy(made, half, 16);
        made[6] = (uint8_t)((made[6] & 0x0f) | 0x40);
        made[8] = (uint8_t)((made[8] & 0x3f) | 0x80);
    } while (registry_by_uuid(made));
    memcpy(uuid, made, 16);
}
