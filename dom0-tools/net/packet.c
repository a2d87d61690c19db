/* packet.c: frames in pages of the pool. */
#include "packet.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Packets that wait to be used again, at the most. */
#define SPARE_MAX 512U

static struct packet *spare;
static unsigned spare_count;

static struct packet *new_packet(void)
{
    struct packet *p = spare;

    if (!p)
        return malloc(sizeof(*p));
    spare = p->next;
    spare_count--;
    return p;
}

static void drop_packet(struct packet *p)
{
    if (spare_count >= SPARE_MAX) {
        free(p);
        return;
    }
    p->next = spare;
    spare = p;
    spare_count++;
}

static void give_piece(const struct packet_piece *piece)
{
    uintptr_t within = (uintptr_t)piece->at % (piece->small ? POOL_SMALL : POOL_PAGE);
    struct pool_page page = { piece->at - within, piece->machine - within };

    if (piece->small)
        pool_give_small(page);
    else
        pool_give(page);
}

/* Pages for a frame, or a small piece for a short one. */
static bool take_pieces(struct packet *p, size_t bytes)
{
    uint32_t size = bytes <= PACKET_SHORT ? POOL_SMALL : POOL_PAGE;
    unsigned n = (unsigned)((bytes + size - 1) / size);
    struct pool_page pages[PACKET_PIECES];

    if (size == POOL_SMALL ? !pool_take_small(pages) : !pool_take(pages, n))
        return false;
    for (unsigned i = 0; i < n; i++)
        p->pieces[i] = (struct packet_piece){ pages[i].at, pages[i].machine, size, size == POOL_SMALL };
    p->pieces[n - 1].bytes -= n * size - (uint32_t)bytes;
    p->piece_count = n;
    if (n == 1 && size - bytes >= PACKET_ROOM) {
        p->pieces[0].at += PACKET_ROOM;
        p->pieces[0].machine += PACKET_ROOM;
    }
    return true;
}

struct packet *packet_alloc(size_t bytes)
{
    struct packet *p = bytes == 0 || bytes > PACKET_MAX ? NULL : new_packet();

    if (!p)
        return NULL;
    memset(p, 0, offsetof(struct packet, pieces));
    p->refs = 1;
    p->bytes = (uint32_t)bytes;
    if (take_pieces(p, bytes))
        return p;
    drop_packet(p);
    return NULL;
}

void packet_hold(struct packet *p)
{
    p->refs++;
}

void packet_free(struct packet *p)
{
    if (--p->refs != 0)
        return;
    for (unsigned i = 0; i < p->piece_count; i++)
        give_piece(&p->pieces[i]);
    drop_packet(p);
}

void packet_trim(struct packet *p, size_t bytes)
{
    size_t end = 0;
    unsigned n = 0;

    if (bytes >= p->bytes)
        return;
    while (n < p->piece_count && end < bytes)
        end += p->pieces[n++].bytes;
    if (n == 0)
        end = p->pieces[n++].bytes;     /* a packet has a piece in any case */
    p->pieces[n - 1].bytes -= (uint32_t)(end - bytes);
    while (p->piece_count > n)
        give_piece(&p->pieces[--p->piece_count]);
    p->bytes = (uint32_t)bytes;
}

bool packet_pull(struct packet *p, size_t bytes)
{
    if (bytes > p->pieces[0].bytes)
        return false;
    p->pieces[0].at += bytes;
    p->pieces[0].machine += bytes;
    p->pieces[0].bytes -= (uint32_t)bytes;
    p->bytes -= (uint32_t)bytes;
    return true;
}

bool packet_append(struct packet *p, struct packet *tail)
{
    if (tail->piece_count > PACKET_PIECES - p->piece_count || tail->bytes > PACKET_MAX - p->bytes)
        return false;
    memcpy(p->pieces + p->piece_count, tail->pieces, tail->piece_count * sizeof(*p->pieces));
    p->piece_count += tail->piece_count;
    p->bytes += tail->bytes;
    tail->piece_count = 0;
    packet_free(tail);
    return true;
}

size_t packet_at(const struct packet *p, size_t offset, uint8_t **at)
{
    unsigned i = 0;

    while (i < p->piece_count && offset >= p->pieces[i].bytes)
        offset -= p->pieces[i++].bytes;
    if (i == p->piece_count)
        return 0;
    *at = p->pieces[i].at + offset;
    return p->pieces[i].bytes - offset;
}

/* Copies between a frame and memory: one of `out` and `in` is NULL. */
static size_t transfer(const struct packet *p, size_t offset, uint8_t *out, const uint8_t *in, size_t bytes)
{
    size_t done = 0, n;
    uint8_t *at;

    while (done < bytes && (n = packet_at(p, offset + done, &at)) != 0) {
        if (n > bytes - done)
            n = bytes - done;
        if (out)
            memcpy(out + done, at, n);
        else
            memcpy(at, in + done, n);
        done += n;
    }
    return done;
}

size_t packet_read(const struct packet *p, size_t offset, void *buf, size_t bytes)
{
    return transfer(p, offset, buf, NULL, bytes);
}

size_t packet_write(struct packet *p, size_t offset, const void *buf, size_t bytes)
{
    return transfer(p, offset, NULL, buf, bytes);
}

size_t packet_copy(struct packet *to, size_t to_offset, const struct packet *from, size_t offset,
                   size_t bytes)
{
    size_t done = 0, n;
    uint8_t *at;

    while (done < bytes && (n = packet_at(from, offset + done, &at)) != 0) {
        n = packet_write(to, to_offset + done, at, n < bytes - done ? n : bytes - done);
        if (n == 0)
            break;
        done += n;
    }
    return done;
}

static struct packet *copy_of(const struct packet *p)
{
    struct packet *copy = packet_alloc(p->bytes);

    if (!copy)
        return NULL;
    copy->checksum = p->checksum;
    copy->checksum_start = p->checksum_start;
    copy->checksum_offset = p->checksum_offset;
    copy->gso = p->gso;
    copy->gso_size = p->gso_size;
    copy->header_bytes = p->header_bytes;
    packet_copy(copy, 0, p, 0, p->bytes);
    return copy;
}

struct packet *packet_own(struct packet *p)
{
    struct packet *copy;

    if (p->refs == 1)
        return p;
    copy = copy_of(p);
    packet_free(p);
    return copy;
}

unsigned packet_cost(const struct packet *p)
{
    unsigned cost = 0;

    for (unsigned i = 0; i < p->piece_count; i++)
        cost += p->pieces[i].small ? 1 : POOL_SMALLS;
    return cost;
}

struct packet *packet_compact(struct packet *p)
{
    struct packet *copy = p->bytes <= PACKET_SHORT && packet_cost(p) > 1 ? copy_of(p) : NULL;

    if (!copy)
        return p;
    packet_free(p);
    return copy;
}

_Static_assert(PACKET_SHORT + PACKET_ROOM == POOL_SMALL, "a short frame and its room fill a small piece");

void packet_pool(size_t *pages, size_t *used)
{
    pool_count(pages, used);
}
