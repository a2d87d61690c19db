/* Block devices: the ring between a front end and a back end, and the keys by which they agree.
 * Source of all names, numbers and layouts: Xen 4.17 public/io/blkif.h.
 *
 * Keys of the back end (numbers are decimal; a feature is 1 or 0, absent is 0)
 *   sectors, sector-size     length in sectors, bytes of a sector
 *   physical-sector-size     bytes of a sector of the medium, a multiple of sector-size
 *   info                     VDISK_* bits
 *   mode                     "r" or "w"
 *   feature-barrier, feature-flush-cache, feature-discard
 *                            the operation may be asked for; it may still answer BLKIF_RSP_EOPNOTSUPP
 *   discard-granularity, discard-alignment
 *                            bytes: size of what can be discarded, and where the first such piece begins
 *   discard-secure           BLKIF_DISCARD_SECURE works
 *   discard-enable           set by the tools; 0 forbids discard
 *   feature-persistent       grants are mapped once and kept: use the same ones again
 *   feature-max-indirect-segments
 *                            most segments of BLKIF_OP_INDIRECT; absent: there is no such operation
 *   max-ring-page-order      binary logarithm of a ring's most pages (older: max-ring-pages, the number)
 *   multi-queue-max-queues   most rings
 *   params, type, physical-device, physical-device-path, direct-io-safe
 *                            from the tools to the back end alone
 * Keys of the front end
 *   ring-ref, event-channel  grant of the ring page, port. A ring of several pages: ring-ref0, ... and
 *                            ring-page-order (older: num-ring-pages). Several rings: multi-queue-num-queues,
 *                            and these keys in queue-0, queue-1 ...
 *   protocol                 io/protocols.h
 *   feature-persistent       the same grants are used again; all of them writable for the back end
 *   feature-large-sector-size
 *                            sector numbers count in sector-size; else the back end must offer 512
 *   virtual-device           the device number, from the tools; likewise device-type ("disk", "cdrom") and
 *                            trusted (0: beware of the back end)
 *
 * States (io/xenbus.h): the back end publishes what it can and goes to InitWait; the front end makes the
 * ring, publishes it and goes to Initialised; the back end maps it, publishes the size and goes to Connected;
 * so does the front end. Either may have skipped the waiting if it offers nothing beyond the basics. */
#ifndef __XEN_PUBLIC_IO_BLKIF_H__
#define __XEN_PUBLIC_IO_BLKIF_H__

#include "ring.h"
#include "../grant_table.h"

/* The device number of a front end; a position in sectors of 512 bytes (feature-large-sector-size:
 * sector-size). */
#ifndef blkif_vdev_t
#define blkif_vdev_t uint16_t
#endif
#define blkif_sector_t uint64_t

/* Operations. */
#define BLKIF_OP_READ 0
#define BLKIF_OP_WRITE 1
#define BLKIF_OP_WRITE_BARRIER 2      /* a write after all writes before it and before all after it */
#define BLKIF_OP_FLUSH_DISKCACHE 3    /* what was written is on the medium when this is answered */
#define BLKIF_OP_RESERVED_1 4
#define BLKIF_OP_DISCARD 5            /* blkif_request_discard: contents no longer matter */
#define BLKIF_OP_INDIRECT 6           /* blkif_request_indirect: a longer read or write */

/* Answers. */
#define BLKIF_RSP_EOPNOTSUPP -2       /* no such operation, never again */
#define BLKIF_RSP_ERROR -1
#define BLKIF_RSP_OKAY 0

/* Bits of the key `info`. */
#define VDISK_CDROM 0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY 0x4

/* Segments in a request; pages of segments in an indirect request. */
#define BLKIF_MAX_SEGMENTS_PER_REQUEST 11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

/* A piece of memory inside one page, in whole sectors. */
struct blkif_request_segment {
    grant_ref_t gref;
    uint8_t first_sect, last_sect;    /* both are part of it */
};
ABI_LAYOUT(struct blkif_request_segment, 8, (gref, 0), (first_sect, 4), (last_sect, 5));

/* A request; for BLKIF_OP_DISCARD and BLKIF_OP_INDIRECT the same bytes are read as the structures below. */
struct blkif_request {
    uint8_t operation;                /* BLKIF_OP_* */
    uint8_t nr_segments;              /* 1 to 11; a flush may have none */
    blkif_vdev_t handle;
    uint64_t id;                      /* the front end's, repeated in the answer */
    blkif_sector_t sector_number;
    struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;
ABI_LAYOUT(struct blkif_request, 112, (operation, 0), (nr_segments, 1), (handle, 2), (id, 8),
           (sector_number, 16), (seg, 24));

struct blkif_request_discard {
    uint8_t operation;                /* BLKIF_OP_DISCARD */
    uint8_t flag;                     /* BLKIF_DISCARD_SECURE or 0 */
    blkif_vdev_t handle;
    uint64_t id;
    blkif_sector_t sector_number;
    uint64_t nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;
ABI_LAYOUT(struct blkif_request_discard, 32, (operation, 0), (flag, 1), (handle, 2), (id, 8),
           (sector_number, 16), (nr_sectors, 24));
#define BLKIF_DISCARD_SECURE (1 << 0) /* nobody may ever read it again */

struct blkif_request_indirect {
    uint8_t operation;                /* BLKIF_OP_INDIRECT */
    uint8_t indirect_op;              /* BLKIF_OP_READ or BLKIF_OP_WRITE */
    uint16_t nr_segments;             /* up to feature-max-indirect-segments */
    uint64_t id;
    blkif_sector_t sector_number;
    blkif_vdev_t handle;
    grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];   /* of segments */
};
typedef struct blkif_request_indirect blkif_request_indirect_t;
ABI_LAYOUT(struct blkif_request_indirect, 64, (operation, 0), (indirect_op, 1), (nr_segments, 2), (id, 8),
           (sector_number, 16), (handle, 24), (indirect_grefs, 28));

/* An answer. */
struct blkif_response {
    uint64_t id;                      /* of the request, as the next */
    uint8_t operation;
    int16_t status;                   /* BLKIF_RSP_* */
};
typedef struct blkif_response blkif_response_t;
ABI_LAYOUT(struct blkif_response, 16, (id, 0), (operation, 8), (status, 10));

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);
ABI_SIZE(union blkif_sring_entry, 112);

#endif /* __XEN_PUBLIC_IO_BLKIF_H__ */
