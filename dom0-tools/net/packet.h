/*
 * packet.h: a frame on its way through the control domain: in pages whose machine addresses are known, with
 * what is known of its checksum and segmentation. Counted references; who holds the only one may change it.
 * Threads only, nothing here waits.
 */
#ifndef ENSO_NET_PACKET_H
#define ENSO_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX     (65535U + 14U)   /* bytes of an Ethernet frame, without its trailing checksum */
#define PACKET_PIECES  18U
#define PACKET_ROOM    64U
#define PACKET_SHORT   (512U - PACKET_ROOM)
#define PACKET_LINEAR  2048U            /* so much of it, or all that there is, lies in the first piece */

/* Memory within one page. */
struct packet_piece {
    uint8_t *at;
    uint64_t machine;
    uint32_t bytes;
    bool small;                         /* of a page that others have pieces of as well */
};

enum packet_checksum {
    PACKET_UNVERIFIED,      /* it is there, and may be wrong */
    PACKET_VERIFIED,        /* it is there and right */
    PACKET_BLANK,           /* TCP or UDP: the field holds the pseudo header's sum; the sender completes it */
};

enum packet_gso { PACKET_WHOLE, PACKET_TCP4, PACKET_TCP6 };

struct packet {
    struct packet *next;                /* for whoever holds the only reference */
    unsigned refs;
    uint32_t bytes;                     /* of the frame: 14 at least */
    enum packet_checksum checksum;
    uint16_t checksum_start;            /* BLANK: first byte that is summed, from the frame's beginning */
    uint16_t checksum_offset;           /* ... and where the field is, from there */
    enum packet_gso gso;                /* not WHOLE: to be cut into segments; always BLANK too */
    uint16_t gso_size;                  /* bytes of TCP payload in a segment */
    uint16_t header_bytes;              /* with gso: Ethernet, IP and TCP headers together */
    unsigned piece_count;
    struct packet_piece pieces[PACKET_PIECES];
};

/* A frame of so many bytes, contents undefined, in pieces of whole pages but the last, so that copies of
 * large frames into a guest's pages are of a page each; a short one (PACKET_SHORT) in less than a page. If
 * one piece has room for it all, there is PACKET_ROOM before it, in which the last holder may put a header
 * of a card. The caller's reference. NULL: above PACKET_MAX, or the pool (bounded) has no more. */
struct packet *packet_alloc(size_t bytes);
void packet_hold(struct packet *p);
void packet_free(struct packet *p);         /* gives a reference back */

/* For whoever fills a frame: cuts it behind `bytes`, and gives pages back that are not needed; takes bytes
 * away from its beginning (false: they are not all in the first piece); moves the pieces of another one,
 * whose reference goes, behind its own (false: too many, nothing was moved). What is known of checksum and
 * segmentation stays as it is. The caller holds the only references. */
void packet_trim(struct packet *p, size_t bytes);
bool packet_pull(struct packet *p, size_t bytes);
bool packet_append(struct packet *p, struct packet *tail);

/* The bytes side by side that begin at `offset` of a frame: where, and how many; 0 at its end. */
size_t packet_at(const struct packet *p, size_t offset, uint8_t **at);

/* Copies out of and into a frame, and from one into another; bytes beyond an end are not touched. How many
 * were copied. */
size_t packet_read(const struct packet *p, size_t offset, void *buf, size_t bytes);
size_t packet_write(struct packet *p, size_t offset, const void *buf, size_t bytes);
size_t packet_copy(struct packet *to, size_t to_offset, const struct packet *from, size_t offset,
                   size_t bytes);

/* A frame with the same content that the caller alone holds: p itself if that is so already, else a copy (p's
 * reference is given back). NULL without memory (the reference is given back too). */
struct packet *packet_own(struct packet *p);

/* The memory that a frame takes, in small pieces (POOL_SMALL). */
unsigned packet_cost(const struct packet *p);

/* The same frame in as little memory as can be: for a short one that lies in a page. Takes the reference. */
struct packet *packet_compact(struct packet *p);

/* Fills in a BLANK checksum by software; of one that the caller alone holds. The frame is VERIFIED then;
 * UNVERIFIED and as it was if the field is not in it. */
void packet_complete_checksum(struct packet *p);

/* True if a BLANK frame's field is TCP's or UDP's by its place, and within the frame; net_receive() lets
 * nothing else in. */
bool packet_blank_valid(const struct packet *p);

/* True if a gso frame's headers are what its fields say (checksum_start, header_bytes, IP without options
 * behind it that TCP is not, TCP's own length) and gso_size is SEGMENT_MIN at least; net_receive() lets
 * nothing else in. */
#define SEGMENT_MIN 256U        /* so that a frame is not cut into thousands */
bool packet_gso_valid(const struct packet *p);

/* Cuts a gso frame into a list (by next) of WHOLE frames with complete checksums; p's reference is given
 * back. NULL without memory, or if it is not valid. */
struct packet *packet_segment(struct packet *p);

/* How many pages the pool has, and how many are in use. */
void packet_pool(size_t *pages, size_t *used);

#endif
