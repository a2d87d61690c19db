/* checksum.c: the Internet's checksum, eight bytes at a time. */
#include <stdint.h>
#include <string.h>

#include "arch/cc.h"

static uint64_t add(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/* The sum over 16-bit words in memory's order; the same for any alignment, because it is the words' place in
 * the data that counts. */
uint16_t pv_net_checksum(const void *data, int len)
{
    const unsigned char *p = data;
    uint64_t sum = 0, word;

    for (; len >= 8; len -= 8, p += 8) {
        memcpy(&word, p, 8);
        sum = add(sum, word);
    }
    if (len > 0) {
        word = 0;
        memcpy(&word, p, (size_t)len);
        sum = add(sum, word);
    }
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}
