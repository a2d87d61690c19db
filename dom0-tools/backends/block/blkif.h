/* blkif.h: what a front end's request says. The request is a private copy (the ring is read once); nothing
 * is believed: counts, sectors and ends are checked in 64 bits before they are used. Pure; tested and
 * fuzzed on the build machine. */
#ifndef ENSO_BACKENDS_BLKIF_H
#define ENSO_BACKENDS_BLKIF_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/blkif.h>

#include "../../drivers/block/block.h"

#define BLKIF_SEGMENTS BLOCK_SEGMENTS   /* most of an indirect request; their list fits into one page */

/* What the device is for this front end. */
struct blkif_limits {
    uint64_t sectors;
    bool read_only, can_discard;
};

/* A checked request. */
struct blkif_io {
    uint64_t id;
    uint8_t operation;                  /* what the answer repeats */
    enum block_operation kind;
    uint64_t sector, sectors;           /* known once the segments are; sectors is 0 for a flush */
    unsigned segment_count;
    struct blkif_request_segment segments[BLKIF_SEGMENTS];
    bool indirect;                      /* the segments are still to be fetched from `list` */
    grant_ref_t list;
};

/* Reads a request. BLKIF_RSP_OKAY: it can be done, after blkif_take_segments() if it is indirect. Else the
 * status to answer it with; id and operation are set in any case. */
int blkif_decode(const struct blkif_request *request, const struct blkif_limits *limits, struct blkif_io *io);

/* Takes the fetched list of an indirect request (io->segment_count entries; a private copy). As
 * blkif_decode(). */
int blkif_take_segments(struct blkif_io *io, const struct blkif_request_segment *list,
                        const struct blkif_limits *limits);

#endif
