/* blkif.c: see blkif.h. */
#include "blkif.h"

#include <string.h>

#define SECTORS_PER_PAGE 8

/* Where a request for this many sectors lies: inside of the device, in any case. */
static bool within(uint64_t sector, uint64_t sectors, const struct blkif_limits *limits)
{
    return sectors > 0 && sector <= limits->sectors && sectors <= limits->sectors - sector;
}

/* A segment's sectors are numbered inside a page: from 0 to 7, the first not behind the last. */
static int add_up(struct blkif_io *io, const struct blkif_limits *limits)
{
    uint64_t sectors = 0;

    for (unsigned i = 0; i < io->segment_count; i++) {
        const struct blkif_request_segment *s = &io->segments[i];

        if (s->last_sect >= SECTORS_PER_PAGE || s->first_sect > s->last_sect)
            return BLKIF_RSP_ERROR;
        sectors += (uint64_t)(s->last_sect - s->first_sect) + 1;
    }
    io->sectors = sectors;
    return within(io->sector, sectors, limits) ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
}

static int read_or_write(const struct blkif_request *request, const struct blkif_limits *limits,
                         struct blkif_io *io)
{
    io->kind = request->operation == BLKIF_OP_READ ? BLOCK_READ : BLOCK_WRITE;
    if (io->kind == BLOCK_WRITE && limits->read_only)
        return BLKIF_RSP_ERROR;
    if (request->nr_segments == 0 || request->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return BLKIF_RSP_ERROR;
    io->sector = request->sector_number;
    io->segment_count = request->nr_segments;
    memcpy(io->segments, request->seg, request->nr_segments * sizeof(request->seg[0]));
    return add_up(io, limits);
}

/* Front ends flush without data; with data it would be a barrier, which nobody was offered. */
static int flush(const struct blkif_request *request, const struct blkif_limits *limits, struct blkif_io *io)
{
    io->kind = BLOCK_FLUSH;
    if (limits->read_only)
        return BLKIF_RSP_ERROR;
    return request->nr_segments == 0 ? BLKIF_RSP_OKAY : BLKIF_RSP_EOPNOTSUPP;
}

static int discard(const struct blkif_request *request, const struct blkif_limits *limits,
                   struct blkif_io *io)
{
    struct blkif_request_discard d;

    memcpy(&d, request, sizeof(d));
    io->kind = BLOCK_DISCARD;
    io->sector = d.sector_number;
    io->sectors = d.nr_sectors;
    if (!limits->can_discard || (d.flag & BLKIF_DISCARD_SECURE))
        return BLKIF_RSP_EOPNOTSUPP;
    if (limits->read_only || !within(d.sector_number, d.nr_sectors, limits))
        return BLKIF_RSP_ERROR;
    return BLKIF_RSP_OKAY;
}

static int indirect(const struct blkif_request *request, const struct blkif_limits *limits,
                    struct blkif_io *io)
{
    struct blkif_request_indirect r;

    memcpy(&r, request, sizeof(r));
    io->id = r.id;
    io->operation = r.indirect_op;      /* the answer names what was done, not how it was asked for */
    if (r.indirect_op != BLKIF_OP_READ && r.indirect_op != BLKIF_OP_WRITE)
        return BLKIF_RSP_EOPNOTSUPP;
    io->kind = r.indirect_op == BLKIF_OP_READ ? BLOCK_READ : BLOCK_WRITE;
    if ((io->kind == BLOCK_WRITE && limits->read_only) || r.nr_segments == 0 ||
        r.nr_segments > BLKIF_SEGMENTS)
        return BLKIF_RSP_ERROR;
    io->sector = r.sector_number;
    io->segment_count = r.nr_segments;
    io->indirect = true;
    io->list = r.indirect_grefs[0];
    return BLKIF_RSP_OKAY;
}

int blkif_decode(const struct blkif_request *request, const struct blkif_limits *limits, struct blkif_io *io)
{
    memset(io, 0, sizeof(*io));
    io->id = request->id;
    io->operation = request->operation;
    switch (request->operation) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
        return read_or_write(request, limits, io);
    case BLKIF_OP_FLUSH_DISKCACHE:
        return flush(request, limits, io);
    case BLKIF_OP_DISCARD:
        return discard(request, limits, io);
    case BLKIF_OP_INDIRECT:
        return indirect(request, limits, io);
    default:
        return BLKIF_RSP_EOPNOTSUPP;
    }
}

int blkif_take_segments(struct blkif_io *io, const struct blkif_request_segment *list,
                        const struct blkif_limits *limits)
{
    memcpy(io->segments, list, io->segment_count * sizeof(list[0]));
    io->indirect = false;
    return add_up(io, limits);
}
