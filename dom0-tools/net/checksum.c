/* checksum.c: sums eight bytes at a time: carries come back in, so the words' width does not matter. */
#include "checksum.h"

#include <string.h>

static uint64_t add(uint64_t sum, uint64_t word)
{
    uint64_t carry = __builtin_add_overflow(sum, word, &sum);

    return sum + carry;
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

uint16_t checksum_memory(const void *p, size_t bytes)
{
    const uint8_t *at = p;
    uint64_t sum = 0, word[4];

    for (; bytes >= sizeof(word); at += sizeof(word), bytes -= sizeof(word)) {
        memcpy(word, at, sizeof(word));
        sum = add(add(add(add(sum, word[0]), word[1]), word[2]), word[3]);
    }
    for (; bytes >= 8; at += 8, bytes -= 8) {
        memcpy(word, at, 8);
        sum = add(sum, word[0]);
    }
    if (bytes) {
        word[0] = 0;
        memcpy(word, at, bytes);
        sum = add(sum, word[0]);
    }
    return fold(sum);
}

/* A piece that begins at an odd place has its bytes the other way round. */
uint16_t checksum_packet(const struct packet *p, size_t offset, size_t bytes)
{
    uint16_t sum = 0, part;
    size_t done = 0, n;
    uint8_t *at;

    while (done < bytes && (n = packet_at(p, offset + done, &at)) != 0) {
        if (n > bytes - done)
            n = bytes - done;
        part = checksum_memory(at, n);
        sum = checksum_add(sum, done & 1 ? __builtin_bswap16(part) : part);
        done += n;
    }
    return sum;
}

enum { LEAST_START = 14 + 20, UDP_FIELD = 6, TCP_FIELD = 16 };

bool packet_blank_valid(const struct packet *p)
{
    return p->checksum_start >= LEAST_START &&
           (p->checksum_offset == UDP_FIELD || p->checksum_offset == TCP_FIELD) &&
           (size_t)p->checksum_start + p->checksum_offset + 2 <= p->bytes;
}

void packet_complete_checksum(struct packet *p)
{
    size_t field = (size_t)p->checksum_start + p->checksum_offset;
    uint16_t sum;

    if (p->checksum != PACKET_BLANK)
        return;
    p->checksum = PACKET_UNVERIFIED;
    if (field + sizeof(sum) > p->bytes)
        return;
    sum = (uint16_t)~checksum_packet(p, p->checksum_start, p->bytes - p->checksum_start);
    if (sum == 0 && p->checksum_offset == UDP_FIELD)
        sum = 0xffff;       /* 0 says that there is none */
    packet_write(p, field, &sum, sizeof(sum));
    p->checksum = PACKET_VERIFIED;
}
