/* xz through liblzma. */
#include <errno.h>
#include <lzma.h>

#include "unpack.h"

#define XZ_MEMORY_LIMIT (160u << 20) /* dictionaries up to 128 MiB; Linux uses 32 MiB */

static void *xz_alloc(void *opaque, size_t items, size_t size)
{
    return items && size > SIZE_MAX / items ? NULL : unpack_alloc(opaque, items * size);
}

static int xz_failure(struct unpack *u, lzma_ret status)
{
    switch (status) {
    case LZMA_MEM_ERROR:
        return toolstack_fail(u->err, -ENOMEM, u->name, "no memory for the xz decoder's dictionary");
    case LZMA_MEMLIMIT_ERROR:
        return toolstack_fail(u->err, -EFBIG, u->name, "its xz dictionary is larger than 128 MiB");
    case LZMA_OPTIONS_ERROR:
        return toolstack_fail(u->err, -EOPNOTSUPP, u->name, "uses an xz filter that is not supported");
    case LZMA_BUF_ERROR:
        return unpack_damaged(u, "xz", "it ends too early");
    case LZMA_FORMAT_ERROR:
        return unpack_damaged(u, "xz", "wrong header");
    default:
        return unpack_damaged(u, "xz", "wrong data or checksum");
    }
}

static int xz_all(struct unpack *u, lzma_stream *z)
{
    z->next_in = u->input.at;
    z->avail_in = u->input.size;
    for (;;) {
        int rc = unpack_room(u, 1);
        lzma_ret status;
        size_t room;

        if (rc)
            return rc;
        room = u->size - u->used;
        if (room > UNPACK_STEP)
            room = UNPACK_STEP;
        z->next_out = u->data + u->used;
        z->avail_out = room;
        status = lzma_code(z, LZMA_RUN);
        rc = unpack_produced(u, room - z->avail_out);
        if (rc)
            return rc;
        if (status == LZMA_STREAM_END)
            return 0;
        if (status == LZMA_OK && z->avail_in == 0 && z->avail_out)
            status = LZMA_BUF_ERROR;
        if (status != LZMA_OK)
            return xz_failure(u, status);
    }
}

int unpack_xz(struct unpack *u)
{
    lzma_allocator allocator = { xz_alloc, unpack_free, (void *)(uintptr_t)u->ops };
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret status;
    int rc;

    z.allocator = &allocator;
    status = lzma_stream_decoder(&z, XZ_MEMORY_LIMIT, 0);
    if (status != LZMA_OK)
        return xz_failure(u, status);
    rc = xz_all(u, &z);
    lzma_end(&z);
    return rc;
}
