/* The legacy lz4 frame, the one that Linux packs kernels with: blocks of up to 8 MiB, each with its packed
 * size in front, no checksum. */
#include <errno.h>
#include <lz4.h>

#include "unpack.h"

#define LZ4_MAGIC 0x184c2102u
#define LZ4_BLOCK (8u << 20)

static int one_block(struct unpack *u, uint64_t at, uint64_t packed)
{
    uint64_t room;
    int got;
    int rc;

    /* A promise of the size lets the last block end where the data ends; without one, room for a whole one.
     * */
    if (!u->expected || u->size - u->used == 0) {
        rc = unpack_room(u, LZ4_BLOCK);
        if (rc)
            return rc;
    }
    room = u->size - u->used;
    if (room > LZ4_BLOCK)
        room = LZ4_BLOCK;
    got = LZ4_decompress_safe((const char *)u->input.at + at, (char *)u->data + u->used, (int)packed,
                              (int)room);
    if (got < 0)
        return unpack_damaged(u, "lz4", room < LZ4_BLOCK ? "wrong data, or more of it than the file says"
                                                         : "wrong data");
    return unpack_produced(u, (size_t)got);
}

int unpack_lz4(struct unpack *u)
{
    uint64_t at = 4;

    while (at < u->input.size) {
        uint64_t packed;
        int rc;

        if (!view_has(u->input, at, 4))
            return unpack_damaged(u, "lz4", "it ends too early");
        packed = view_number(u->input, at, 4);
        at += 4;
        if (packed == LZ4_MAGIC) /* another frame follows at once */
            continue;
        if (packed == 0 || packed > LZ4_COMPRESSBOUND(LZ4_BLOCK))
            return unpack_damaged(u, "lz4", "a block of impossible size");
        if (!view_has(u->input, at, packed))
            return unpack_damaged(u, "lz4", "it ends too early");
        rc = one_block(u, at, packed);
        if (rc)
            return rc;
        at += packed;
    }
    return 0;
}
