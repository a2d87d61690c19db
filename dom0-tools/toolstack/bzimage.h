/* Linux bzImage: a boot sector, a setup program, and a packed kernel inside. Pure. */
#ifndef ENSO_TOOLSTACK_BZIMAGE_H
#define ENSO_TOOLSTACK_BZIMAGE_H

#include "error.h"
#include "view.h"

/* True if the bytes start like a bzImage; truncated ones included. */
bool bzimage_is(struct view file);

/* Finds the packed kernel and the size that it says it unpacks to (0: not given). 0; -EBADMSG truncated or
 * contradictory; -EOPNOTSUPP too old to say where its payload is. */
int bzimage_payload(struct view file, const char *name, struct view *payload, uint64_t *unpacked,
                    struct toolstack_error *err);

#endif
