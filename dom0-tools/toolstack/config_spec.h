/* config_spec.h: a device's specification, field by field between commas: what disks and interfaces have in
 * common. Pure. */
#ifndef ENSO_TOOLSTACK_CONFIG_SPEC_H
#define ENSO_TOOLSTACK_CONFIG_SPEC_H

#include <stdbool.h>
#include <stddef.h>

/* A specification that is being read. */
struct spec {
    void *to;                   /* what it describes */
    char *problem;              /* the first thing that is wrong, in so many bytes */
    size_t size;
    bool failed;
};

struct spec_key {
    const char *name;
    void (*set)(struct spec *s, const char *value);
};

/* Notes what is wrong, unless something was already. */
void spec_wrong(struct spec *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the next field, without the blanks around it. False: it is too long, which is wrong. */
bool spec_next(struct spec *s, const char **text, char *field, size_t size);

/* Sets what KEY=VALUE says, by a table of n keys; one that is not in it is wrong. */
void spec_set(struct spec *s, const struct spec_key *keys, size_t n, const char *field);

#endif
