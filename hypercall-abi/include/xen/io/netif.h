/* Network interfaces: the rings between a front end and a back end, and the keys by which they agree.
 * Transmit and receive are seen from the front end.
 * Source of all names, numbers and layouts: Xen 4.17 public/io/netif.h.
 *
 * Keys (numbers are decimal; a feature is 1 or 0; absent is 0 unless noted). Of both ends, each for what it
 * receives:
 *   feature-no-csum-offload    1: TCP and UDP checksums over IPv4 must be in the packet
 *   feature-ipv6-csum-offload  1: those over IPv6 may be left out
 *   feature-gso-tcpv4, feature-gso-tcpv6    packets may exceed the MTU, to be cut as the extra info says
 *   feature-sg                 packets may have several fragments
 * Of the back end:
 *   feature-rx-copy, feature-rx-flip        it fills granted pages; it exchanges pages (of old)
 *   feature-split-event-channels            a port for each direction
 *   feature-multicast-control, feature-dynamic-multicast-control    it can filter multicast by a list, asked
 *                              for before connecting, or at any time
 *   feature-ctrl-ring          it serves a control ring
 *   multi-queue-max-queues     most pairs of rings
 *   carrier                    the link is up; absent is 1
 * Of the front end:
 *   tx-ring-ref, rx-ring-ref   grants of the ring pages
 *   event-channel              the port, or one each: event-channel-tx and event-channel-rx.
 *                              Several pairs: multi-queue-num-queues, and these keys in queue-0, queue-1 ...
 *   request-rx-copy            1: fill granted pages
 *   feature-rx-notify          it signals when it has added receive buffers
 *   request-multicast-control  apply the multicast list
 *   ctrl-ring-ref, event-channel-ctrl       the control ring
 *   mac, mtu, trusted          from the tools: address, MTU (absent is 1500), 0 to distrust the back end
 *
 * A packet to transmit is a chain of slots: a netif_tx_request with the length of the whole packet; extra
 * infos if its flags say NETTXF_extra_info, each saying whether another follows; one request for each further
 * fragment while the last one says NETTXF_more_data, with the fragment's length. Each request is answered; an
 * extra info by NETIF_RSP_NULL.
 * A received packet is a chain of responses: a netif_rx_response with the length of its fragment, extra
 * infos, further fragments in the same way. Each uses the slot of the request whose buffer it fills, in
 * order. */
#ifndef __XEN_PUBLIC_IO_NETIF_H__
#define __XEN_PUBLIC_IO_NETIF_H__

#include "ring.h"
#include "../grant_table.h"

/* Slots that a packet to transmit may use at least; a back end may accept more. */
#define XEN_NETIF_NR_SLOTS_MIN 18

/* Longest packet to transmit, bytes. */
#define XEN_NETIF_MAX_TX_SIZE 0xFFFF

/* netif_tx_request.flags: a bit number and its mask each. */
#define _NETTXF_csum_blank (0)           /* the TCP or UDP checksum is still to be computed */
#define NETTXF_csum_blank (1U << _NETTXF_csum_blank)
#define _NETTXF_data_validated (1)       /* the contents are known to be right, whatever the checksum */
#define NETTXF_data_validated (1U << _NETTXF_data_validated)
#define _NETTXF_more_data (2)            /* a fragment follows */
#define NETTXF_more_data (1U << _NETTXF_more_data)
#define _NETTXF_extra_info (3)           /* a netif_extra_info follows */
#define NETTXF_extra_info (1U << _NETTXF_extra_info)

/* netif_rx_response.flags: the same for received packets, with numbers of their own. */
#define _NETRXF_data_validated (0)
#define NETRXF_data_validated (1U << _NETRXF_data_validated)
#define _NETRXF_csum_blank (1)
#define NETRXF_csum_blank (1U << _NETRXF_csum_blank)
#define _NETRXF_more_data (2)
#define NETRXF_more_data (1U << _NETRXF_more_data)
#define _NETRXF_extra_info (3)
#define NETRXF_extra_info (1U << _NETRXF_extra_info)
#define _NETRXF_gso_prefix (4)           /* this slot only holds the segment size of the next (of old) */
#define NETRXF_gso_prefix (1U << _NETRXF_gso_prefix)

/* Status of an answer; of a received fragment: its length, or a negative one of these. */
#define NETIF_RSP_DROPPED -2
#define NETIF_RSP_ERROR -1
#define NETIF_RSP_OKAY 0
#define NETIF_RSP_NULL 1                 /* the slot was an extra info */

/* A packet or fragment to transmit. */
struct netif_tx_request {
    grant_ref_t gref;
    uint16_t offset;                     /* first byte in the page */
    uint16_t flags;                      /* NETTXF_* */
    uint16_t id;                         /* the front end's, repeated in the answer */
    uint16_t size;                       /* bytes */
};
typedef struct netif_tx_request netif_tx_request_t;
ABI_LAYOUT(struct netif_tx_request, 12, (gref, 0), (offset, 4), (flags, 6), (id, 8), (size, 10));

struct netif_tx_response {
    uint16_t id;
    int16_t status;                      /* NETIF_RSP_* */
};
typedef struct netif_tx_response netif_tx_response_t;
ABI_LAYOUT(struct netif_tx_response, 4, (id, 0), (status, 2));

/* A page to receive into. */
struct netif_rx_request {
    uint16_t id;
    uint16_t pad;
    grant_ref_t gref;
};
typedef struct netif_rx_request netif_rx_request_t;
ABI_LAYOUT(struct netif_rx_request, 8, (id, 0), (pad, 2), (gref, 4));

struct netif_rx_response {
    uint16_t id;
    uint16_t offset;                     /* first byte in the page */
    uint16_t flags;                      /* NETRXF_* */
    int16_t status;                      /* bytes, or NETIF_RSP_* */
};
typedef struct netif_rx_response netif_rx_response_t;
ABI_LAYOUT(struct netif_rx_response, 8, (id, 0), (offset, 2), (flags, 4), (status, 6));

/* netif_extra_info.type: which member of u counts. */
#define XEN_NETIF_EXTRA_TYPE_NONE (0)        /* never sent */
#define XEN_NETIF_EXTRA_TYPE_GSO (1)         /* gso */
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD (2)   /* mcast: put an address on the list; the packet is empty */
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL (3)   /* mcast: take it off */
#define XEN_NETIF_EXTRA_TYPE_HASH (4)        /* hash */
#define XEN_NETIF_EXTRA_TYPE_MAX (5)         /* one above the last */

/* netif_extra_info.flags */
#define _XEN_NETIF_EXTRA_FLAG_MORE (0)       /* another extra info follows */
#define XEN_NETIF_EXTRA_FLAG_MORE (1U << _XEN_NETIF_EXTRA_FLAG_MORE)

/* netif_extra_info.u.gso.type */
#define XEN_NETIF_GSO_TYPE_NONE (0)
#define XEN_NETIF_GSO_TYPE_TCPV4 (1)
#define XEN_NETIF_GSO_TYPE_TCPV6 (2)

/* More about a packet, in a slot of either ring. */
struct netif_extra_info {
    uint8_t type;                        /* XEN_NETIF_EXTRA_TYPE_* */
    uint8_t flags;                       /* XEN_NETIF_EXTRA_FLAG_* */
    union {
        struct {
            uint16_t size;               /* bytes of payload in each segment */
            uint8_t type;                /* XEN_NETIF_GSO_TYPE_* */
            uint8_t pad;
            uint16_t features;           /* 0 */
        } gso;
        struct {
            uint8_t addr[6];
        } mcast;
        struct {
            uint8_t type;                /* _XEN_NETIF_CTRL_HASH_TYPE_* */
            uint8_t algorithm;           /* XEN_NETIF_CTRL_HASH_ALGORITHM_* */
            uint8_t value[4];            /* least significant byte first */
        } hash;
        uint16_t pad[3];
    } u;
};
typedef struct netif_extra_info netif_extra_info_t;
ABI_LAYOUT(struct netif_extra_info, 8, (type, 0), (flags, 1), (u.gso.size, 2), (u.gso.type, 4),
           (u.gso.pad, 5), (u.gso.features, 6), (u.mcast.addr, 2), (u.hash.type, 2), (u.hash.algorithm, 3),
           (u.hash.value, 4), (u.pad, 2));

DEFINE_RING_TYPES(netif_tx, struct netif_tx_request, struct netif_tx_response);
DEFINE_RING_TYPES(netif_rx, struct netif_rx_request, struct netif_rx_response);
ABI_SIZE(union netif_tx_sring_entry, 12);
ABI_SIZE(union netif_rx_sring_entry, 8);

/* Hashes of packets, for choosing a queue: of what. Bytes of the packet in the order of the wire: source and
 * destination address; for TCP also source and destination port. A bit number and its mask each. */
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV4 0
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4 (1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV4)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP 1
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP (1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV6 2
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6 (1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV6)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP 3
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP (1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/* ... and how. NONE: the back end chooses the queue as it likes. */
#define XEN_NETIF_CTRL_HASH_ALGORITHM_NONE 0
#define XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ 1

#ifdef XEN_NETIF_DEFINE_TOEPLITZ
/* The Toeplitz hash: for each one bit of the data, from the first byte's top bit on, the 32 bits of the key
 * at the same position, all xored. Beyond its end the key is zeros. */
static uint32_t xen_netif_toeplitz_hash(const uint8_t *key, unsigned int keylen, const uint8_t *buf,
                                        unsigned int buflen)
{
    uint32_t hash = 0;
    uint64_t window = 0;    /* the next 40 bits of the key */
    unsigned int i, bit;

    for (i = 0; i < 4; i++)
        window = window << 8 | (i < keylen ? key[i] : 0);
    for (i = 0; i < buflen; i++) {
        window = window << 8 | (i + 4 < keylen ? key[i + 4] : 0);
        for (bit = 0; bit < 8; bit++) {
            if (buf[i] & (0x80u >> bit))
                hash ^= (uint32_t)(window >> (8 - bit));
        }
    }
    return hash;
}
#endif

/* xen_netif_ctrl_request.type, with data[0], data[1], data[2]; what is not named is 0. In the answer: data.
 * A queue number or page that makes no sense is answered by INVALID_PARAMETER. */
#define XEN_NETIF_CTRL_TYPE_INVALID 0
#define XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS 1          /* answer: HASH_TYPE_* bits that it can do */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS 2    /* HASH_TYPE_* bits; the longest that fits a packet is used */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_KEY 3            /* grant, bytes: replaces the key */
#define XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE 4   /* answer: most entries; 0: hash modulo queues */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE 5   /* entries: a new table of zeros */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING 6        /* grant, entries, first: 32-bit queue numbers */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM 7      /* HASH_ALGORITHM_*; before the others */
#define XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE 8   /* queue. Answer: grants that it can keep mapped */
#define XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING 9     /* queue, grant, entries: of xen_netif_gref; all or none */
#define XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING 10    /* the same; answer: how many; each entry has its status */

/* xen_netif_ctrl_response.status, xen_netif_gref.status */
#define XEN_NETIF_CTRL_STATUS_SUCCESS 0
#define XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED 1
#define XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER 2
#define XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW 3       /* longer than the back end can hold */

/* The control ring. */
struct xen_netif_ctrl_request {
    uint16_t id;                         /* repeated in the answer, as the next */
    uint16_t type;                       /* XEN_NETIF_CTRL_TYPE_* */
    uint32_t data[3];
};
ABI_LAYOUT(struct xen_netif_ctrl_request, 16, (id, 0), (type, 2), (data, 4));
struct xen_netif_ctrl_response {
    uint16_t id;
    uint16_t type;
    uint32_t status;                     /* XEN_NETIF_CTRL_STATUS_* */
    uint32_t data;
};
ABI_LAYOUT(struct xen_netif_ctrl_response, 12, (id, 0), (type, 2), (status, 4), (data, 8));
DEFINE_RING_TYPES(xen_netif_ctrl, struct xen_netif_ctrl_request, struct xen_netif_ctrl_response);

/* A grant that stays mapped. */
#define _XEN_NETIF_CTRLF_GREF_readonly 0
#define XEN_NETIF_CTRLF_GREF_readonly (1U << _XEN_NETIF_CTRLF_GREF_readonly)
struct xen_netif_gref {
    grant_ref_t ref;
    uint16_t flags;                      /* XEN_NETIF_CTRLF_GREF_* */
    uint16_t status;                     /* out */
};
ABI_LAYOUT(struct xen_netif_gref, 8, (ref, 0), (flags, 4), (status, 6));

#endif /* __XEN_PUBLIC_IO_NETIF_H__ */
