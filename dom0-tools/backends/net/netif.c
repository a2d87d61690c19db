/* netif.c: see netif.h. */
#include "netif.h"

#include <string.h>

#include "../../net/port.h"

#define ETHERNET 14u

/* ---- entries of packets to transmit ---- */

static const char *add_fragment(struct netif_tx *tx, unsigned i, const struct netif_tx_request *r,
                                uint32_t bytes)
{
    if (bytes == 0)
        return "a fragment without bytes";
    if (r->offset > NETIF_PAGE || bytes > NETIF_PAGE - r->offset)
        return "a fragment leaves its page";
    if (i < NETIF_FRAGMENTS)
        tx->fragments[i] = (struct netif_fragment){ r->gref, r->offset, (uint16_t)bytes };
    return NULL;
}

static void note_flags(struct netif_tx *tx, uint16_t flags)
{
    tx->more = flags & NETTXF_more_data;
    tx->ids[tx->entries++] = 0;
}

/* The first request has the length of the whole; what of that is its own is known when the others are. */
const char *netif_tx_first(struct netif_tx *tx, const struct netif_tx_request *r)
{
    memset(tx, 0, offsetof(struct netif_tx, fragments));
    tx->blank = r->flags & NETTXF_csum_blank;
    tx->validated = r->flags & NETTXF_data_validated;
    tx->gso = PACKET_WHOLE;
    tx->bytes = tx->rest = r->size;
    note_flags(tx, r->flags);
    tx->ids[0] = r->id;
    tx->more_extras = r->flags & NETTXF_extra_info;
    tx->fragment_count = 1;
    tx->fragments[0] = (struct netif_fragment){ r->gref, r->offset, 0 };
    return netif_tx_wants(tx) || r->size == 0 ? NULL : add_fragment(tx, 0, r, r->size);
}

bool netif_tx_wants(const struct netif_tx *tx)
{
    return tx->more_extras || tx->more;
}

static const char *take_extra(struct netif_tx *tx, const struct netif_extra_info *extra)
{
    if (extra->type != XEN_NETIF_EXTRA_TYPE_GSO)
        return "an extra info that nobody was offered";
    if (tx->gso != PACKET_WHOLE)
        return "the same extra info twice";
    if (extra->u.gso.size == 0)
        return "segments without bytes";
    if (extra->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4)
        tx->gso = PACKET_TCP4;
    else if (extra->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6)
        tx->gso = PACKET_TCP6;
    else
        return "an unknown kind of segments";
    tx->gso_size = extra->u.gso.size;
    tx->more_extras = extra->flags & XEN_NETIF_EXTRA_FLAG_MORE;
    tx->extras |= 1u << tx->entries;
    tx->ids[tx->entries++] = 0;
    return NULL;
}

static const char *take_fragment(struct netif_tx *tx, const struct netif_tx_request *r)
{
    const char *why = add_fragment(tx, tx->fragment_count, r, r->size);

    if (why)
        return why;
    if (r->size >= tx->rest)
        return "fragments longer than their packet";
    tx->rest -= r->size;
    tx->fragment_count++;
    note_flags(tx, r->flags);
    tx->ids[tx->entries - 1] = r->id;
    return NULL;
}

/* The first one has what the others left. */
static const char *end(struct netif_tx *tx)
{
    struct netif_tx_request first = { .gref = tx->fragments[0].ref, .offset = tx->fragments[0].offset };

    return tx->rest == 0 && tx->fragment_count == 1 ? NULL : add_fragment(tx, 0, &first, tx->rest);
}

const char *netif_tx_next(struct netif_tx *tx, const union netif_tx_sring_entry *entry)
{
    struct netif_extra_info extra;
    const char *why;

    if (tx->entries == NETIF_CHAIN)
        return "a packet of too many pieces";
    if (tx->more_extras) {
        memcpy(&extra, entry, sizeof(extra));
        why = take_extra(tx, &extra);
    } else {
        why = take_fragment(tx, &entry->req);
    }
    return why || netif_tx_wants(tx) ? why : end(tx);
}

bool netif_tx_usable(const struct netif_tx *tx)
{
    return tx->bytes >= ETHERNET && tx->fragment_count <= NETIF_FRAGMENTS;
}

void netif_tx_answers(const struct netif_tx *tx, int16_t status,
                      struct netif_tx_response answers[NETIF_CHAIN])
{
    for (unsigned i = 0; i < tx->entries; i++) {
        bool extra = tx->extras >> i & 1;

        answers[i] = (struct netif_tx_response){ tx->ids[i], extra ? NETIF_RSP_NULL : status };
    }
}

/* ---- packets to receive ---- */

/* That checksums may be left out is the protocol's default, which small stacks have never heard of. Who can
 * be given segments must know. */
unsigned netif_accepts(const struct netif_wishes *w)
{
    unsigned accepts = 0;

    if (w->no_checksum4 == 0 || (w->no_checksum4 < 0 && w->sg && w->gso4))
        accepts |= NET_CHECKSUM;
    if (accepts && w->sg && w->gso4)
        accepts |= NET_TSO4;
    if (accepts && w->sg && w->gso6 && w->checksum6)
        accepts |= NET_TSO6;
    return accepts;
}

static bool has_extra(const struct packet *p)
{
    return p->gso != PACKET_WHOLE;
}

unsigned netif_rx_entries(const struct packet *p)
{
    return (p->bytes + NETIF_PAGE - 1) / NETIF_PAGE + has_extra(p);
}

static uint16_t first_flags(const struct packet *p)
{
    uint16_t flags = has_extra(p) ? NETRXF_extra_info : 0;

    if (p->checksum == PACKET_BLANK)
        flags |= NETRXF_csum_blank | NETRXF_data_validated;
    else if (p->checksum == PACKET_VERIFIED)
        flags |= NETRXF_data_validated;
    return flags;
}

static void put_extra(const struct packet *p, union netif_rx_sring_entry *entry)
{
    struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

    extra.u.gso.size = p->gso_size;
    extra.u.gso.type = p->gso == PACKET_TCP4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
    memcpy(entry, &extra, sizeof(extra));
}

void netif_rx_answers(const struct packet *p, const uint16_t *ids, bool failed,
                      union netif_rx_sring_entry *answers)
{
    unsigned n = netif_rx_entries(p);
    uint32_t rest = p->bytes;

    memset(answers, 0, n * sizeof(*answers));
    for (unsigned i = 0; i < n; i++) {
        struct netif_rx_response *r = &answers[i].rsp;
        uint32_t bytes = rest < NETIF_PAGE ? rest : NETIF_PAGE;

        if (!failed && i == 1 && has_extra(p)) {
            put_extra(p, &answers[i]);
            continue;
        }
        r->id = ids[i];
        r->status = failed ? NETIF_RSP_ERROR : (int16_t)bytes;
        if (failed)
            continue;
        rest -= bytes;
        r->flags = (uint16_t)((i == 0 ? first_flags(p) : 0) | (rest ? NETRXF_more_data : 0));
    }
}
