/*
 * Permissions: reading and writing their text, deciding, and ending with their domain.
 */
#include "perms.h"

#include "domain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mode_letters[] = { [0] = 'n', [PERM_READ] = 'r', [PERM_WRITE] = 'w',
                                     [PERM_READ | PERM_WRITE] = 'b' };

static int parse_one(const char *text, size_t len, struct perm_spec *out)
{
    const char *letter = len > 0 ? memchr(mode_letters, text[0], sizeof(mode_letters)) : NULL;
    unsigned int domid = 0;

    if (!letter || len < 2 || len > 6)
        return -EINVAL;
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        domid = domid * 10 + (unsigned int)(text[i] - '0');
    }
    if (domid > UINT16_MAX || !domid_is_real((domid_t)domid))
        return -EINVAL;
    out->domid = (domid_t)domid;
    out->mode = (uint8_t)(letter - mode_letters);
    return 0;
}

int perms_parse(const char *text, size_t len, struct perm_spec *out, uint32_t max, uint32_t *count)
{
    uint32_t n = 0;

    while (len > 0) {
        const char *end = memchr(text, '\0', len);

        if (!end || n == max || parse_one(text, (size_t)(end - text), &out[n]))
            return -EINVAL;
        n++;
        len -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    *count = n;
    return n > 0 ? 0 : -EINVAL;
}

int perms_new(struct domain_table *t, const struct perm_spec *spec, uint32_t count, struct perms **out)
{
    struct perms *p = calloc(1, sizeof(*p) + count * sizeof(p->entry[0]));

    *out = NULL;
    if (!p)
        return -ENOMEM;
    p->refs = 1;
    for (uint32_t i = 0; i < count; i++) {
        struct domain *d = domain_need(t, spec[i].domid);

        if (!d) {
            perms_put(p);
            return -ENOMEM;
        }
        p->entry[i].domain = d;
        p->entry[i].mode = spec[i].mode;
        LIST_INSERT_HEAD(&d->named, &p->entry[i], named);
        p->count++;
    }
    *out = p;
    return 0;
}

int perms_inherit(struct domain_table *t, struct perms *parent, domid_t creator, struct perms **out)
{
    struct perm_spec spec[PERMS_MAX];

    if (creator == 0 || perms_owner(parent) == creator) {
        *out = perms_get(parent);
        return 0;
    }
    for (uint32_t i = 0; i < parent->count; i++) {
        spec[i].domid = parent->entry[i].domain->domid;
        spec[i].mode = parent->entry[i].mode;
    }
    spec[0].domid = creator;
    return perms_new(t, spec, parent->count, out);
}

struct perms *perms_get(struct perms *p)
{
    p->refs++;
    return p;
}

void perms_put(struct perms *p)
{
    if (!p || --p->refs > 0)
        return;
    for (uint32_t i = 0; i < p->count; i++) {
        LIST_REMOVE(&p->entry[i], named);
        domain_drop(p->entry[i].domain);
    }
    free(p);
}

domid_t perms_owner(const struct perms *p)
{
    return p->entry[0].domain->domid;
}

size_t perms_format(const struct perms *p, char *buf, size_t size)
{
    size_t len = 0;

    for (uint32_t i = 0; i < p->count; i++) {
        int n = snprintf(buf + len, size - len, "%c%u", mode_letters[p->entry[i].mode],
                         p->entry[i].domain->domid);

        if (n < 0 || (size_t)n >= size - len)
            return 0;
        len += (size_t)n + 1;
    }
    return len;
}

unsigned int perms_access(const struct perms *p, const struct domain *who)
{
    domid_t owner = perms_owner(p);

    if (who->domid == 0 || who->domid == owner || (who->has_target && who->target == owner))
        return PERM_READ | PERM_WRITE | PERM_OWNER;
    for (uint32_t i = 1; i < p->count; i++) {
        domid_t named = p->entry[i].domain->domid;

        if (named == who->domid || (who->has_target && named == who->target))
            return p->entry[i].mode;
    }
    return p->entry[0].mode;
}

/* An exception that has lost its domain becomes one for domain 0, which needs none. An owner that is gone can
 * only be left in what a transaction has not committed yet. */
void perms_forget(struct domain *d, struct domain *control)
{
    struct perm *p;

    while ((p = LIST_FIRST(&d->named)) != NULL) {
        LIST_REMOVE(p, named);
        p->domain = control;
        p->mode = 0;
        LIST_INSERT_HEAD(&control->named, p, named);
    }
}
