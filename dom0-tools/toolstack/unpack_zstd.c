/* zstd. Kernels are packed with windows of up to 128 MiB: the decoder is told that the output buffer stays
 * where it is, so that it looks back there and needs no window of its own. The buffer must then hold
 * everything from the start; zstd's own block headers bound its size. */
#define ZSTD_STATIC_LINKING_ONLY /* the custom allocator, the bound and the stable buffer */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "unpack.h"

#define FEED (32u << 10) /* packed bytes between two yields */

static int prepare(struct unpack *u, uint64_t *frame_size)
{
    size_t frame = ZSTD_findFrameCompressedSize(u->input.at, u->input.size);
    unsigned long long bound;

    if (ZSTD_isError(frame))
        return unpack_damaged(u, "zstd", ZSTD_getErrorName(frame));
    bound = ZSTD_decompressBound(u->input.at, frame);
    if (bound == ZSTD_CONTENTSIZE_ERROR)
        return unpack_damaged(u, "zstd", "its blocks make no sense");
    *frame_size = frame;
    if (u->expected && u->expected < bound)
        bound = u->expected; /* if it lies, the decoder runs out of room */
    if (bound > u->limit)
        bound = u->limit + 1;
    return unpack_room(u, bound);
}

static int zstd_all(struct unpack *u, ZSTD_DCtx *z, uint64_t frame_size)
{
    ZSTD_inBuffer in = { u->input.at, 0, 0 };
    ZSTD_outBuffer out = { u->data, u->size, 0 };
    size_t status = 1;

    while (status != 0) {
        int rc;

        if (in.pos == in.size) {
            if (in.size == frame_size)
                return unpack_damaged(u, "zstd", "it ends too early");
            in.size = frame_size - in.size > FEED ? in.size + FEED : frame_size;
        }
        status = ZSTD_decompressStream(z, &out, &in);
        if (ZSTD_getErrorCode(status) == ZSTD_error_dstSize_tooSmall && u->size > u->limit)
            return unpack_too_much(u); /* prepare() left out room that the limit forbids */
        if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation)
            return toolstack_fail(u->err, -ENOMEM, u->name, "no memory for the zstd decoder");
        if (ZSTD_isError(status))
            return unpack_damaged(u, "zstd", ZSTD_getErrorName(status));
        rc = unpack_produced(u, out.pos - u->used);
        if (rc)
            return rc;
    }
    return 0;
}

int unpack_zstd(struct unpack *u)
{
    ZSTD_customMem memory = { unpack_alloc, unpack_free, (void *)(uintptr_t)u->ops };
    uint64_t frame_size = 0;
    ZSTD_DCtx *z;
    int rc = prepare(u, &frame_size);

    if (rc)
        return rc;
    z = ZSTD_createDCtx_advanced(memory);
    if (!z)
        return toolstack_fail(u->err, -ENOMEM, u->name, "no memory for the zstd decoder");
    if (ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_stableOutBuffer, 1)))
        rc = toolstack_fail(u->err, -EOPNOTSUPP, u->name, "the zstd library cannot decode into one buffer");
    else
        rc = zstd_all(u, z, frame_size);
    ZSTD_freeDCtx(z);
    return rc;
}
