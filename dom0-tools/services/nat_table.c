/* nat_table.c: see nat_table.h. */
#include "nat_table.h"

#include <string.h>

#include <pv/siphash.h>

#define SECOND UINT64_C(1000)

/* How long a connection is kept when nothing passes. */
#define TIME_HALF_OPEN  (30 * SECOND)
#define TIME_RESET      (10 * SECOND)
#define TIME_CLOSED     (60 * SECOND)
#define TIME_CLOSING    (240 * SECOND)
#define TIME_TCP                                                                                             \
    (7440 * SECOND) /* two hours and four minutes: longer than TCP keeps silent with keep-alives on */
#define TIME_UDP        (180 * SECOND)
#define TIME_ICMP       (60 * SECOND)

#define TIME_CLAIM (60 * SECOND) /* an address that is not leased, not used for so long, is anybody's */
#define PORT_TRIES      32
#define TICK_PART       (NAT_CONNECTIONS / 16)

uint64_t nat_hash(const struct nat *n, const void *data, size_t bytes)
{
    return pv_siphash(n->settings.key[0], n->settings.key[1], data, bytes);
}

uint64_t nat_draw(struct nat *n)
{
    uint64_t draw = n->draws++;

    return nat_hash(n, &draw, sizeof(draw));
}

static struct nat_bucket *bucket(struct nat *n, struct nat_bucket *table, const struct nat_key *key)
{
    return &table[nat_hash(n, key, sizeof(*key)) % NAT_BUCKETS];
}

static struct nat_bucket *bucket_inside(struct nat *n, const struct nat_connection *c)
{
    return bucket(n, n->in,
                  &(struct nat_key){ c->inside, c->dialled, c->inside_port, c->dialled_port, c->protocol });
}

static struct nat_bucket *bucket_outside(struct nat *n, const struct nat_connection *c)
{
    return bucket(n, n->out, &(struct nat_key){ 0, c->remote, c->outside_port, c->remote_port, c->protocol });
}

void nat_table_init(struct nat *n)
{
    TAILQ_INIT(&n->free);
    for (unsigned i = 0; i < NAT_CONNECTIONS; i++)
        TAILQ_INSERT_TAIL(&n->free, &n->connections[i], link);
    for (unsigned i = 0; i < NAT_HOSTS; i++) {
        TAILQ_INIT(&n->hosts[i].half);
        TAILQ_INIT(&n->hosts[i].open);
    }
}

/* What is over is as good as not there. */
static struct nat_connection *alive(struct nat *n, struct nat_connection *c, uint64_t now_ms)
{
    if (c && c->expires_ms <= now_ms) {
        nat_remove(n, c);
        return NULL;
    }
    return c;
}

struct nat_connection *nat_find_inside(struct nat *n, uint8_t protocol, uint32_t inside, uint16_t inside_port,
                                       uint32_t dialled, uint16_t dialled_port, uint64_t now_ms)
{
    struct nat_key key = { inside, dialled, inside_port, dialled_port, protocol };
    struct nat_connection *c;

    LIST_FOREACH(c, bucket(n, n->in, &key), in_bucket)
    if (c->inside == inside && c->inside_port == inside_port && c->dialled == dialled &&
        c->dialled_port == dialled_port && c->protocol == protocol)
        break;
    return alive(n, c, now_ms);
}

struct nat_connection *nat_find_outside(struct nat *n, uint8_t protocol, uint16_t outside_port,
                                        uint32_t remote, uint16_t remote_port, uint64_t now_ms)
{
    struct nat_key key = { 0, remote, outside_port, remote_port, protocol };
    struct nat_connection *c;

    LIST_FOREACH(c, bucket(n, n->out, &key), out_bucket)
    if (c->outside_port == outside_port && c->remote == remote && c->remote_port == remote_port &&
        c->protocol == protocol)
        break;
    return alive(n, c, now_ms);
}

static struct nat_list *list_of(struct nat *n, const struct nat_connection *c)
{
    struct nat_host *h = nat_host(n, c->inside);

    return c->flags & NAT_REPLIED ? &h->open : &h->half;
}

void nat_remove(struct nat *n, struct nat_connection *c)
{
    TAILQ_REMOVE(list_of(n, c), c, link);
    nat_host(n, c->inside)->count--;
    LIST_REMOVE(c, in_bucket);
    LIST_REMOVE(c, out_bucket);
    c->protocol = 0;
    TAILQ_INSERT_HEAD(&n->free, c, link);
    n->statistics.connections--;
}

static void give_up_oldest(struct nat *n, struct nat_host *h)
{
    struct nat_connection *c = TAILQ_FIRST(&h->half);

    nat_remove(n, c ? c : TAILQ_FIRST(&h->open));
    n->statistics.full++;
}

/* Before a connection of h is entered: afterwards the free list is not empty, and h has room. */
static void make_room(struct nat *n, struct nat_host *h)
{
    struct nat_host *busiest = h;

    if (h->count >= NAT_PER_HOST)
        give_up_oldest(n, h);
    if (!TAILQ_EMPTY(&n->free))
        return;
    for (unsigned i = 0; i < NAT_HOSTS; i++)
        if (n->hosts[i].count > busiest->count)
            busiest = &n->hosts[i];
    give_up_oldest(n, busiest);
}

/* A port that no connection to the same remote end has, and that is not forwarded. 0: none found. */
static uint16_t choose_port(struct nat *n, const struct nat_connection *want, uint64_t now_ms)
{
    uint32_t address;
    uint16_t to;

    for (unsigned i = 0; i < PORT_TRIES; i++) {
        uint16_t port = (uint16_t)(NAT_PORT_FIRST + nat_draw(n) % NAT_PORTS);

        if (!nat_find_outside(n, want->protocol, port, want->remote, want->remote_port, now_ms) &&
            !(n->settings.forward &&
              n->settings.forward(n->settings.arg, want->protocol, port, &address, &to)))
            return port;
    }
    return 0;
}

struct nat_connection *nat_add(struct nat *n, const struct nat_connection *want, uint64_t now_ms)
{
    uint16_t port = want->outside_port ? want->outside_port : choose_port(n, want, now_ms);
    struct nat_host *h = nat_host(n, want->inside);
    struct nat_connection *c;

    if (port == 0)
        return NULL;
    make_room(n, h);
    c = TAILQ_FIRST(&n->free);
    TAILQ_REMOVE(&n->free, c, link);
    *c = *want;
    c->outside_port = port;
    LIST_INSERT_HEAD(bucket_inside(n, c), c, in_bucket);
    LIST_INSERT_HEAD(bucket_outside(n, c), c, out_bucket);
    TAILQ_INSERT_TAIL(list_of(n, c), c, link);
    h->count++;
    n->statistics.connections++;
    nat_touch(n, c, c->flags, now_ms);
    return c;
}

static uint64_t lifetime(const struct nat_connection *c)
{
    const unsigned both = NAT_FIN_INSIDE | NAT_FIN_OUTSIDE;

    if (!(c->flags & NAT_REPLIED))
        return TIME_HALF_OPEN;
    if (c->protocol != IP_TCP)
        return c->protocol == IP_UDP ? TIME_UDP : TIME_ICMP;
    if (c->flags & NAT_RESET)
        return TIME_RESET;
    if ((c->flags & both) == both)
        return TIME_CLOSED;
    return c->flags & both ? TIME_CLOSING : TIME_TCP;
}

void nat_touch(struct nat *n, struct nat_connection *c, uint8_t flags, uint64_t now_ms)
{
    TAILQ_REMOVE(list_of(n, c), c, link);
    c->flags = flags;
    TAILQ_INSERT_TAIL(list_of(n, c), c, link);
    c->expires_ms = now_ms + lifetime(c);
}

void nat_tick(struct nat *n, uint64_t now_ms)
{
    for (unsigned i = 0; i < TICK_PART; i++) {
        struct nat_connection *c = &n->connections[n->tick++ % NAT_CONNECTIONS];

        if (c->protocol && c->expires_ms <= now_ms)
            nat_remove(n, c);
    }
}

void nat_forget(struct nat *n, uint32_t address)
{
    struct nat_host *h = nat_host(n, address);
    struct nat_connection *c;

    while ((c = TAILQ_FIRST(&h->half)) != NULL || (c = TAILQ_FIRST(&h->open)) != NULL)
        nat_remove(n, c);
    nat_forget_fragments(n, address);
}

/* ---- who uses an inner address ---- */

static bool claim_over(const struct nat_host *h, uint64_t now_ms)
{
    return !h->claimed || (h->leased_until_ms <= now_ms && h->seen_ms + TIME_CLAIM <= now_ms);
}

static unsigned claims_of(const struct nat *n, const uint8_t *mac, uint64_t now_ms)
{
    unsigned claims = 0;

    for (unsigned i = 0; i < NAT_HOSTS; i++)
        claims += !claim_over(&n->hosts[i], now_ms) && memcmp(n->hosts[i].mac, mac, ETH_MAC) == 0;
    return claims;
}

/* The address changes hands: what the last station began is not the next one's. */
static void hand_over(struct nat *n, uint32_t address, const uint8_t *mac)
{
    struct nat_host *h = nat_host(n, address);

    if (h->claimed && memcmp(h->mac, mac, ETH_MAC) != 0)
        nat_forget(n, address);
    h->claimed = true;
    h->leased_until_ms = 0;
    memcpy(h->mac, mac, ETH_MAC);
}

bool nat_claim(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t now_ms)
{
    struct nat_host *h = nat_host(n, address);

    if (!h->claimed || memcmp(h->mac, mac, ETH_MAC) != 0) {
        if (!claim_over(h, now_ms) || claims_of(n, mac, now_ms) >= NAT_PER_STATION)
            return false;
        hand_over(n, address, mac);
    }
    h->seen_ms = now_ms;
    return true;
}

void nat_lease(struct nat *n, uint32_t address, const uint8_t *mac, uint64_t until_ms)
{
    if (!nat_is_inside(n, address))
        return;
    hand_over(n, address, mac);
    nat_host(n, address)->leased_until_ms = until_ms;
}
