/* gzip through zlib. The checksum and the length in the trailer are verified by zlib. */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "unpack.h"

#define GZIP_WINDOW (15 + 16) /* largest window, gzip header */

static voidpf gzip_alloc(voidpf opaque, uInt items, uInt size)
{
    return unpack_alloc(opaque, (size_t)items * size);
}

static void gzip_free(voidpf opaque, voidpf p)
{
    unpack_free(opaque, p);
}

static int inflate_all(struct unpack *u, z_stream *z)
{
    uint64_t fed = 0;

    for (;;) {
        int rc = unpack_room(u, 1), status;
        size_t room;

        if (rc)
            return rc;
        if (z->avail_in == 0) {
            uint64_t rest = u->input.size - fed;

            z->next_in = (Bytef *)(uintptr_t)(u->input.at + fed);
            z->avail_in = rest > UNPACK_STEP ? UNPACK_STEP : (uInt)rest;
            fed += z->avail_in;
        }
        room = u->size - u->used;
        z->next_out = u->data + u->used;
        z->avail_out = room > UNPACK_STEP ? UNPACK_STEP : (uInt)room;
        room = z->avail_out;
        status = inflate(z, Z_NO_FLUSH);
        rc = unpack_produced(u, room - z->avail_out);
        if (rc)
            return rc;
        if (status == Z_STREAM_END)
            return 0;
        if (status == Z_MEM_ERROR)
            return toolstack_fail(u->err, -ENOMEM, u->name, "no memory for the gzip decoder");
        if (status == Z_BUF_ERROR || (z->avail_in == 0 && fed == u->input.size && z->avail_out))
            return unpack_damaged(u, "gzip", "it ends too early");
        if (status != Z_OK)
            return unpack_damaged(u, "gzip", z->msg ? z->msg : "wrong data");
    }
}

int unpack_gzip(struct unpack *u)
{
    z_stream z = { .zalloc = gzip_alloc, .zfree = gzip_free, .opaque = (voidpf)(uintptr_t)u->ops };
    int rc;

    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return toolstack_fail(u->err, -ENOMEM, u->name, "no memory for the gzip decoder");
    rc = inflate_all(u, &z);
    inflateEnd(&z);
    return rc;
}
