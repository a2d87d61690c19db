/* What the toolstack's own files share about the life of a domain: building one for a registry entry, taking
 * one apart, noticing that one has ended. */
#ifndef ENSO_TOOLSTACK_LIFECYCLE_H
#define ENSO_TOOLSTACK_LIFECYCLE_H

#include "domain.h"
#include "registry.h"

/* Copied by toolstack_init(). */
extern struct toolstack_host_ops toolstack_ops;

/* One line to the operator. */
void toolstack_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Builds and starts the domain of an entry in state CREATING. After success the entry is ALIVE; after a
 * failure nothing of the domain is left, the entry is still CREATING, without an id, and the caller's to
 * remove. */
int lifecycle_create(struct managed *m, const struct toolstack_create_flags *flags,
                     struct toolstack_error *err);

/* Ends a domain and removes what it had anywhere. Returns when its memory is free again; 0 also if it does
 * not exist any more. */
int lifecycle_remove(domid_t domid, const uint8_t uuid[16], const char *name, struct toolstack_error *err);

/* Looks at all domains; those that have ended are handled in threads of their own. */
void lifecycle_check(void);

/* Starts the thread that calls lifecycle_check() when the store says that a domain ended. */
int lifecycle_start(struct toolstack_error *err);

/* A UUID that no other domain has. */
void lifecycle_make_uuid(uint8_t uuid[16]);

/* -EEXIST with err if a domain other than `except` has this name. May block. */
int lifecycle_check_name(const char *name, const struct managed *except, struct toolstack_error *err);

#endif
