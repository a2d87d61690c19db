/*
 * Permissions of a node: the owner with the default for everybody else, then exceptions for single domains.
 */
#ifndef XENSTORE_PERMS_H
#define XENSTORE_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xen/xen.h>

struct domain;
struct domain_table;

#define PERM_READ  1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u                   /* may change the permissions; only in what perms_access() answers */

/* One entry as a client names it. */
struct perm_spec {
    domid_t domid;
    uint8_t mode;                       /* PERM_READ | PERM_WRITE */
};

/* One entry in use. The record's list of entries is how a domain's permissions end with it. */
struct perm {
    LIST_ENTRY(perm) named;
    struct domain *domain;
    uint8_t mode;
};

/* Immutable but for the end of a domain, and shared by counting: children start with their parent's. */
struct perms {
    uint32_t refs;
    uint32_t count;                     /* at least 1; entry[0] is the owner and the default */
    struct perm entry[];
};

/* Most entries that one request can carry ("n0" and a NUL each, after the shortest path). */
#define PERMS_MAX 1365u

/* Reads "r3", "n0" … separated by NULs, the last one terminated too. 0 and *count; -EINVAL malformed, too
 * many, or not a domain's number. */
int perms_parse(const char *text, size_t len, struct perm_spec *out, uint32_t max, uint32_t *count);

/* New permissions with one reference. 0; -ENOMEM. */
int perms_new(struct domain_table *t, const struct perm_spec *spec, uint32_t count, struct perms **out);

/* What a node gets that `creator` makes below one with these permissions: the same, but an unprivileged
 * creator becomes the owner. 0; -ENOMEM. */
int perms_inherit(struct domain_table *t, struct perms *parent, domid_t creator, struct perms **out);

struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

domid_t perms_owner(const struct perms *p);

/* Writes the entries as text, each with its NUL. Returns the bytes, or 0 if they do not fit into size. */
size_t perms_format(const struct perms *p, char *buf, size_t size);

/* What `who` may do: PERM_* bits. Domain 0 and the owner may do everything; a domain has the rights of its
 * target too. */
unsigned int perms_access(const struct perms *p, const struct domain *who);

/* The domain is gone: entries that name it stop counting. What it still owns becomes domain 0's. */
void perms_forget(struct domain *d, struct domain *control);

#endif
