/* The output buffer of the decompressors, its limits, and the choice of the driver. */
#include <errno.h>
#include <string.h>

#include "unpack.h"

#define PAGE 4096u
#define ALLOC_HEADER 64u /* in front of the libraries' memory: its size; keeps their alignment */

static const struct {
    const char *name;
    uint8_t magic[6];
    unsigned length;
} formats[] = {
    [PACKING_NONE]  = { "none",  { 0x7f, 'E', 'L', 'F' }, 4 },
    [PACKING_GZIP]  = { "gzip",  { 0x1f, 0x8b }, 2 },
    [PACKING_XZ]    = { "xz",    { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6 },
    [PACKING_ZSTD]  = { "zstd",  { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
    [PACKING_LZ4]   = { "lz4",   { 0x02, 0x21, 0x4c, 0x18 }, 4 },
    [PACKING_LZMA]  = { "lzma",  { 0x5d, 0, 0 }, 3 },
    [PACKING_BZIP2] = { "bzip2", { 'B', 'Z', 'h' }, 3 },
    [PACKING_LZO]   = { "lzo",   { 0x89, 'L', 'Z', 'O', 0 }, 5 },
};

enum packing unpack_identify(struct view input)
{
    for (unsigned i = PACKING_NONE; i < PACKING_UNKNOWN; i++)
        if (view_has(input, 0, formats[i].length) && !memcmp(input.at, formats[i].magic, formats[i].length))
            return (enum packing)i;
    return PACKING_UNKNOWN;
}

const char *unpack_name(enum packing packing)
{
    return packing < PACKING_UNKNOWN ? formats[packing].name : "unknown";
}

void *unpack_alloc(void *opaque, size_t bytes)
{
    const struct image_ops *ops = opaque;
    uint8_t *block;

    if (bytes > SIZE_MAX - ALLOC_HEADER)
        return NULL;
    block = ops->alloc(bytes + ALLOC_HEADER);
    if (!block)
        return NULL;
    memcpy(block, &bytes, sizeof(bytes));
    return block + ALLOC_HEADER;
}

void unpack_free(void *opaque, void *p)
{
    const struct image_ops *ops = opaque;
    uint8_t *block;
    size_t bytes;

    if (!p)
        return;
    block = (uint8_t *)p - ALLOC_HEADER;
    memcpy(&bytes, block, sizeof(bytes));
    ops->release(block, bytes + ALLOC_HEADER);
}

int unpack_too_much(struct unpack *u)
{
    toolstack_fail(u->err, -EFBIG, u->name, "unpacks to more than %llu KiB, the most this domain could load",
                   (unsigned long long)(u->limit >> 10));
    toolstack_advise(u->err, "raise `memory` if this is a real kernel");
    return -EFBIG;
}

static int no_memory(struct unpack *u, uint64_t bytes)
{
    toolstack_fail(u->err, -ENOMEM, u->name, "no memory to unpack the kernel: %llu KiB are needed",
                   (unsigned long long)(bytes >> 10));
    toolstack_advise(u->err, "destroy a domain, or use an unpacked kernel");
    return -ENOMEM;
}

static int resize(struct unpack *u, uint64_t size)
{
    uint8_t *data;

    size = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    data = u->ops->alloc(size);
    if (!data)
        return no_memory(u, size);
    if (u->data) {
        memcpy(data, u->data, u->used);
        u->ops->release(u->data, u->size);
    }
    u->data = data;
    u->size = size;
    return 0;
}

int unpack_room(struct unpack *u, size_t at_least)
{
    uint64_t size;

    if (u->size - u->used >= at_least)
        return 0;
    if (u->used >= u->limit)
        return unpack_too_much(u);
    size = (uint64_t)u->size * 2;
    if (size > u->limit)
        size = u->limit;
    if (size < u->used + at_least)
        size = u->used + at_least; /* beyond the limit by less than one block: unpack_produced() decides */
    return resize(u, size);
}

int unpack_produced(struct unpack *u, size_t bytes)
{
    u->used += bytes;
    if (u->used > u->limit)
        return unpack_too_much(u);
    if (u->used > UNPACK_RATIO_FREE && u->used / UNPACK_RATIO > u->input.size)
        return toolstack_fail(u->err, -EFBIG, u->name,
                              "decompression bomb: %llu bytes become more than %u times as many",
                              (unsigned long long)u->input.size, UNPACK_RATIO);
    if (u->ops->yield)
        u->ops->yield();
    return 0;
}

int unpack_damaged(struct unpack *u, const char *format, const char *what)
{
    return toolstack_fail(u->err, -EBADMSG, u->name, "damaged %s data: %s", format, what);
}

/* The first buffer: what the file promises if that is believable (a truncated file promises anything), plus a
 * page so that an exact promise never leaves the decoder without room while it still has a trailer to read.
 * */
static int first_buffer(struct unpack *u)
{
    uint64_t size = u->input.size * 4;

    if (u->expected > u->limit || u->expected / UNPACK_RATIO > u->input.size)
        u->expected = 0;
    if (u->expected)
        size = u->expected;
    if (size > u->limit)
        size = u->limit;
    return resize(u, size + PAGE);
}


int unpack(struct unpack *u, enum packing packing)
{
    static int (*const drivers[PACKING_UNKNOWN])(struct unpack *) = {
        [PACKING_GZIP] = unpack_gzip, [PACKING_XZ] = unpack_xz,
        [PACKING_ZSTD] = unpack_zstd, [PACKING_LZ4] = unpack_lz4,
    };
    int rc;

    u->data = NULL;
    u->used = u->size = 0;
    if (packing >= PACKING_UNKNOWN || !drivers[packing]) {
        toolstack_fail(u->err, -EOPNOTSUPP, u->name, "packed with %s, which cannot be unpacked here",
                       unpack_name(packing));
        toolstack_advise(u->err, "gzip, xz, zstd and lz4 can");
        return -EOPNOTSUPP;
    }
    rc = first_buffer(u);
    if (rc == 0)
        rc = drivers[packing](u);
    /* A kernel may be kept for long: room that was not needed goes. Without memory for a copy it stays. */
    if (rc == 0 && u->size - u->used > u->size / 8)
        (void)resize(u, u->used + 1);
    if (rc && u->data) {
        u->ops->release(u->data, u->size);
        u->data = NULL;
    }
    return rc;
}
