/* A bounded view of bytes that nobody vouches for: every access says whether it stayed inside. Pure. */
#ifndef ENSO_TOOLSTACK_VIEW_H
#define ENSO_TOOLSTACK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
    const uint8_t *at;
    uint64_t size;
};

/* True if length bytes at offset lie inside; no sum can wrap. */
static inline bool view_has(struct view v, uint64_t offset, uint64_t length)
{
    return offset <= v.size && length <= v.size - offset;
}

/* The part [offset, offset + length), or an empty view when that is not all inside. */
static inline struct view view_part(struct view v, uint64_t offset, uint64_t length)
{
    if (!view_has(v, offset, length))
        return (struct view){ v.at, 0 };
    return (struct view){ v.at + offset, length };
}

/* Little-endian number of 1 to 8 bytes; 0 when not all of it is inside: check with view_has() first. */
static inline uint64_t view_number(struct view v, uint64_t offset, unsigned bytes)
{
    uint64_t value = 0;

    if (!view_has(v, offset, bytes))
        return 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | v.at[offset + i];
    return value;
}

#endif
