/* nat_fragment.h: datagrams that pass in fragments. Only the first one has the ports; what was done with it is
 * kept for a while, and done with those that follow. Nothing is put together and nothing waits: a fragment that
 * comes before its first one is dropped. */
#ifndef ENSO_SERVICES_NAT_FRAGMENT_H
#define ENSO_SERVICES_NAT_FRAGMENT_H

#include <sys/queue.h>

#include "nat_view.h"

#define NAT_FRAGMENTED 8U       /* datagrams of one inner address that pass at the same time */
#define NAT_HOSTS      256U

/* What all fragments of a datagram have in common. */
struct nat_datagram {
    uint32_t from, to;
    uint16_t id;
    uint16_t protocol;
};

struct nat_fragmented {
    LIST_ENTRY(nat_fragmented) link;
    struct nat_datagram before, after;
    uint64_t expires_ms;        /* 0: in no list */
};
LIST_HEAD(nat_fragmented_list, nat_fragmented);

/* Each inner address has places of its own, the oldest one is used again: nobody can take another's. */
struct nat_fragments {
    struct nat_fragmented_list buckets[NAT_HOSTS];
    struct {
        struct nat_fragmented places[NAT_FRAGMENTED];
        unsigned next;
    } hosts[NAT_HOSTS];
};

/* v is a first fragment, translated for the inner address `inside`. Towards the outer network, where all have
 * one address, the datagram gets a number that is not its sender's choice. */
void nat_keep_fragment(struct nat *n, struct nat_view *v, uint32_t inside, bool to_outside, uint64_t now_ms);

/* v is a later fragment: what it has to become; NULL: nothing is known of its first one. */
const struct nat_datagram *nat_first_fragment(struct nat *n, const struct nat_view *v, uint64_t now_ms);
void nat_follow_fragment(struct nat_view *v, const struct nat_datagram *as);

/* An inner address has another user. */
void nat_forget_fragments(struct nat *n, uint32_t inside);

#endif
