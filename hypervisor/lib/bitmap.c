/* Bitmaps of 64-bit words. */
#include "lib/lib.h"

size_t bitmap_first_clear(const uint64_t *map, size_t size)
{
    for (size_t i = 0; i < size; i += 64) {
        uint64_t clear = ~map[i / 64];

        if (clear)
            return MIN(i + bit_first(clear), size);
    }
    return size;
}
