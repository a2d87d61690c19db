/*
 * netif.h: what the entries of a network interface's rings say, and where a frame's headers lie. Entries are
 * private copies (the ring is read once); nothing is believed: lengths, offsets, counts and kinds are checked
 * before they are used. Pure; tested and fuzzed on the build machine.
 */
#ifndef ENSO_BACKENDS_NETIF_H
#define ENSO_BACKENDS_NETIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/netif.h>

#include "../../net/packet.h"

#define NETIF_PAGE      4096u
#define NETIF_FRAGMENTS 18u     /* of a packet: what every back end takes, and PACKET_PIECES */
#define NETIF_CHAIN     24u     /* entries of a packet: fragments, extra infos, and some that are refused */
#define NETIF_HEADERS   256u    /* bytes of a frame, in which its headers lie if anything is to be done */

struct netif_fragment {
    grant_ref_t ref;
    uint16_t offset, bytes;     /* within a page */
};

/* ---- from the frontend ---- */

/* A packet to transmit, entry by entry. */
struct netif_tx {
    unsigned entries;           /* of the ring, so far */
    uint16_t ids[NETIF_CHAIN];  /* of each; of an extra info nothing */
    uint32_t extras;            /* bit n: entry n is an extra info */
    uint32_t bytes;             /* of the whole frame */
    bool more, more_extras;     /* what the last entry announced */
    uint32_t rest;              /* bytes that no fragment has been found for; in the end the first one's */
    unsigned fragment_count;    /* may exceed NETIF_FRAGMENTS: then it is refused */
    struct netif_fragment fragments[NETIF_FRAGMENTS];
    bool blank, validated;
    enum packet_gso gso;
    uint16_t gso_size;
};

/* Take the first entry of a packet; say whether it has another one; take that. NULL, or why the frontend has
 * broken the protocol. */
const char *netif_tx_first(struct netif_tx *tx, const struct netif_tx_request *request);
bool netif_tx_wants(const struct netif_tx *tx);
const char *netif_tx_next(struct netif_tx *tx, const union netif_tx_sring_entry *entry);

/* After the last one. True: it is to be fetched. False: it is answered with an error, and forgotten. */
bool netif_tx_usable(const struct netif_tx *tx);

/* Fills in the answers of all entries. */
void netif_tx_answers(const struct netif_tx *tx, int16_t status,
                      struct netif_tx_response answers[NETIF_CHAIN]);

/* Sets what a packet says of its checksum and segmentation, by its headers; the sum of the pseudo header is
 * made here. False: the headers are not such that it could be done. `mtu`: most bytes behind the Ethernet
 * header of a segment. */
bool netif_tx_finish(const struct netif_tx *tx, struct packet *p, unsigned mtu);

/* ---- to the frontend ---- */

/* What a frontend has said that it takes. */
struct netif_wishes {
    bool sg, gso4, gso6, checksum6;
    int no_checksum4;           /* 0, 1; -1: it did not say */
};

/* NET_* of port.h: safe for a frontend that says nothing. */
unsigned netif_accepts(const struct netif_wishes *w);

/* How many entries of the ring a packet takes. */
unsigned netif_rx_entries(const struct packet *p);

/* Fills in the answers of a packet in entries with these ids. failed: none of it has arrived. */
void netif_rx_answers(const struct packet *p, const uint16_t *ids, bool failed,
                      union netif_rx_sring_entry *answers);

/* True if the frame is IPv6's (behind tags too). */
bool netif_is_ip6(const struct packet *p);

/* A number that packets of one connection have in common. */
uint32_t netif_hash(const struct packet *p);

#endif
