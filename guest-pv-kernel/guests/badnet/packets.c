/* packets.c: packets that should not be: each mode tells whether the backend still answers. */
#include "badnet.h"

#include <string.h>

#include <pv/event.h>
#include <pv/memory.h>
#include <pv/time.h>

static unsigned ref(struct front *f, unsigned i)
{
    return (unsigned)f->refs[i % PAGES];
}

static void lying_index(struct front *f)
{
    f->tx.sring->req_prod = f->tx.req_prod_pvt + 257;
    pv_event_send((evtchn_port_t)f->port);
    pv_sleep_ns(PV_NS_PER_SEC / 2);
}

static void lying_offers(struct front *f)
{
    f->rx.sring->req_prod = 0xfffffff0;
}

static void leaving_its_page(struct front *f)
{
    front_request(f, ref(f, 0), 4090, 100, 0);
}

static void giant(struct front *f)
{
    front_request(f, ref(f, 0), 0, 65535, 0);
}

static void empty_fragment(struct front *f)
{
    front_request(f, ref(f, 0), 0, 200, NETTXF_more_data);
    front_request(f, ref(f, 1), 0, 0, 0);
}

static void too_much(struct front *f)
{
    front_request(f, ref(f, 0), 0, 200, NETTXF_more_data);
    front_request(f, ref(f, 1), 0, 300, 0);
}

static void without_end(struct front *f)
{
    front_request(f, ref(f, 0), 0, 200, NETTXF_more_data);
}

static void endless_chain(struct front *f)
{
    for (unsigned i = 0; i < 200; i++)
        front_request(f, ref(f, i), 0, i ? 10 : 2000, NETTXF_more_data);
}

static void endless_extras(struct front *f)
{
    front_request(f, ref(f, 0), 0, FRAME, NETTXF_extra_info);
    for (unsigned i = 0; i < 200; i++)
        front_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1000, XEN_NETIF_GSO_TYPE_TCPV4);
}

static void unknown_extra(struct front *f)
{
    front_request(f, ref(f, 0), 0, FRAME, NETTXF_extra_info);
    front_extra(f, XEN_NETIF_EXTRA_TYPE_HASH, 0, 1000, 0);
}

static void no_segments(struct front *f)
{
    front_request(f, ref(f, 0), 0, FRAME, NETTXF_extra_info);
    front_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, 0, 0, XEN_NETIF_GSO_TYPE_TCPV4);
}

static void other_segments(struct front *f)
{
    front_request(f, ref(f, 0), 0, FRAME, NETTXF_extra_info);
    front_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, 0, 1000, 99);
}

/* Frames that only they themselves suffer from. */
static void too_short(struct front *f)
{
    for (unsigned i = 0; i < 14; i++)
        front_request(f, ref(f, 0), 0, i, 0);
}

static void bad_grants(struct front *f)
{
    static const unsigned refs[] = { 0, 1, 7, 500, 1023, 1024, 100000, 0x7fffffff, 0xffffffff };

    for (unsigned i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
        front_request(f, refs[i], 0, FRAME, 0);
    front_request(f, ref(f, 0), 0, 200, NETTXF_more_data);
    front_request(f, 100000, 0, 100, 0);
}

/* IPv4 and TCP whose lengths are whatever they are, cut into fragments at every place, with segments of every
 * size. */
static void header_splits(struct front *f)
{
    static const unsigned sizes[] = { 1, 47, 48, 536, 1460, 9000, 65535 };

    for (unsigned cut = 1; cut < 54; cut++) {
        unsigned good, errors;
        uint8_t *a = f->pages, *b = f->pages + PV_PAGE_SIZE;

        memset(a + 14, 0, 3000);
        a[12] = 0x08;
        a[13] = 0;
        a[14] = (uint8_t)(0x40 | (cut % 16));
        a[16] = (uint8_t)any(16);
        a[17] = (uint8_t)any(256);
        a[23] = cut % 3 ? 6 : 17;
        a[46] = (uint8_t)(any(16) << 4);
        memcpy(b, a + cut, 3000);
        front_request(f, ref(f, 0), 0, 2900, NETTXF_more_data | NETTXF_extra_info | NETTXF_csum_blank);
        front_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, 0, sizes[cut % 7], cut % 2 ? XEN_NETIF_GSO_TYPE_TCPV4
                    : XEN_NETIF_GSO_TYPE_TCPV6);
        front_request(f, ref(f, 1), 0, 2900 - cut, 0);
        front_push(f);
        front_answers(f, &good, &errors);
    }
}

static void other_station(struct front *f)
{
    for (unsigned i = 0; i < PAGES; i++) {
        uint8_t *frame = f->pages + i * PV_PAGE_SIZE;

        frame[11] ^= 0x55;
        front_request(f, ref(f, i), 0, FRAME, 0);
    }
}

const struct mode packet_modes[] = {
    { "index", "more requests than the ring has room for", lying_index },
    { "offers", "more pages to receive into than the ring has room for", lying_offers },
    { "page", "a frame that leaves its page", leaving_its_page },
    { "giant", "a frame of 65535 bytes in a page", giant },
    { "empty", "a fragment without bytes", empty_fragment },
    { "much", "fragments longer than their packet", too_much },
    { "noend", "a packet without its end", without_end },
    { "chain", "a packet of 200 fragments", endless_chain },
    { "extras", "a packet of 200 extra infos", endless_extras },
    { "hash", "an extra info that nobody was offered", unknown_extra },
    { "nosegments", "segments without bytes", no_segments },
    { "segments", "an unknown kind of segments", other_segments },
    { "short", "frames shorter than their header", too_short },
    { "grants", "grants that are none", bad_grants },
    { "headers", "headers of all shapes, in two fragments", header_splits },
    { "spoof", "frames from other stations", other_station },
    { NULL, NULL, NULL },
};
