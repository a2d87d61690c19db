/* packets.c: packets from one end to another: a guest that measures, and one that is its other end. Outside
 * of the machine tests/bench/uplink.py is the other end; it speaks the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pv/time.h>

#include "io.h"
#include "net.h"

#define WINDOW  64u                     /* packets that are on their way, at the most */
#define EACH    16u                     /* so many are acknowledged together */
#define LARGE_WINDOW 4u                 /* large frames */
#define FEW     8u                      /* how much shorter the last round is */
#define MIB     (1u << 20)
#define TRIES   100u                    /* to find the other end */

enum way {
    ECHO,           /* one packet there, one of the same size back: two packets */
    STREAM,         /* one after the other, acknowledged by groups */
    RECEIVE,        /* ... from the other end */
    LARGE,          /* large frames; measured in bytes */
};

static const struct kind {
    const char *name;
    enum way way;
    unsigned bytes, window, count;      /* count: of packets sent; of large frames */
} kinds[] = {
    { "packet of 64 bytes, one at a time",      ECHO,    64,             1,            256 },
    { "packet of 64 bytes, streamed",           STREAM,  64,             WINDOW,       4096 },
    { "packet of 1500 bytes, one at a time",    ECHO,    NET_PACKET_MAX, 1,            256 },
    { "packet of 1500 bytes, streamed",         STREAM,  NET_PACKET_MAX, WINDOW,       4096 },
    { "MiB in large frames, one at a time",     LARGE,   0,              1,            256 },
    { "MiB in large frames, streamed",          LARGE,   0,              LARGE_WINDOW, 256 },
    { "packet of 64 bytes received, streamed",  RECEIVE, 64,             WINDOW,       4096 },
    { "packet of 1500 bytes received, streamed", RECEIVE, NET_PACKET_MAX, WINDOW,      4096 },
};

static bool outside;    /* the other end is not in this machine */
static unsigned lost;

/* ---- either end ---- */

/* The next frame of ours; false: none came for a long time. */
static bool next(struct net_arrival *a)
{
    do {
        while (!net_take(a))
            if (!net_wait()) {
                lost++;
                return false;
            }
    } while (a->port == 0);
    return true;
}

static bool wait_for(uint32_t what, struct net_arrival *a)
{
    do
        if (!next(a))
            return false;
    while (a->port != PORT_CONTROL || a->message.what != what);
    return true;
}

/* Sends `count` of what was prepared, each of `payload` bytes, with so many on the way. */
static void stream(unsigned count, unsigned payload, unsigned window)
{
    unsigned sent = 0, arrived = 0;
    struct net_arrival a;

    while (arrived < count) {
        while (sent < count && sent - arrived < window) {
            net_send();
            sent++;
        }
        if (!wait_for(SAY_ACK, &a))
            return;
        arrived = a.message.a / payload;
    }
}

/* What the receiver of a stream knows of it. */
static struct { uint32_t bytes, told, each; } coming;

static void count_stream(const struct net_arrival *a)
{
    coming.bytes += a->payload;
    if (coming.bytes - coming.told < coming.each)
        return;
    coming.told += coming.each;
    net_say(SAY_ACK, coming.told, 0);
}

/* ---- the end that measures ---- */

static unsigned payload_of(const struct kind *k)
{
    return k->bytes ? k->bytes + 14 - NET_HEADERS_UDP : NET_LARGE;
}

static void echo(unsigned count)
{
    struct net_arrival a = { 0 };

    for (unsigned i = 0; i < count; i++) {
        net_send();
        do
            if (!next(&a))
                return;
        while (a.port != PORT_ECHO);
    }
}

static void receive(const struct kind *k, unsigned count)
{
    struct net_arrival a;

    memset(&coming, 0, sizeof(coming));
    coming.each = EACH * payload_of(k);
    net_say(SAY_SEND, count, k->bytes);
    while (coming.bytes < count * payload_of(k)) {
        if (!next(&a))
            return;
        if (a.port == PORT_STREAM)
            count_stream(&a);
    }
}

static void run(const struct kind *k, unsigned count)
{
    if (k->way == ECHO)
        echo(count);
    else if (k->way == RECEIVE)
        receive(k, count);
    else
        stream(count, payload_of(k), k->window);
}

static bool prepare(const struct kind *k)
{
    unsigned group = k->window / (k->way == LARGE ? LARGE_WINDOW : WINDOW / EACH);
    struct net_arrival a;

    net_prepare(k->bytes, k->way == ECHO ? PORT_ECHO : PORT_STREAM);
    net_say(SAY_BEGIN, (group ? group : 1) * payload_of(k), 0);
    return wait_for(SAY_READY, &a);
}

/* The first time is not measured. */
static int measure(const struct kind *k)
{
    double unit = k->way == LARGE ? (double)NET_LARGE / MIB : k->way == ECHO ? 2 : 1;

    if (!prepare(k))
        return -1;
    run(k, k->count);
    for (unsigned i = 0; i <= IO_ROUNDS; i++) {
        if (!prepare(k))
            return -1;
        io_mark();
        run(k, i < IO_ROUNDS ? k->count : k->count / FEW);
        io_mark();
    }
    if (lost || net_errors)
        printf("io: %s: %u lost, %" PRIu64 " refused\n", k->name, lost, net_errors);
    io_tell(k->name, k->count * unit);
    return lost || net_errors ? -1 : 0;
}

static bool find_other_end(void)
{
    struct net_arrival a;

    for (unsigned i = 0; i < TRIES; i++) {
        net_call(SAY_WHO);
        pv_sleep_ns(100 * PV_NS_PER_MS);
        while (net_take(&a))
            if (a.port == PORT_CONTROL && a.message.what == SAY_HERE) {
                net_set_peer(a.from);
                outside = a.message.a != 0;
                return true;
            }
    }
    printf("io: nobody answers\n");
    return false;
}

int io_packets(void)
{
    int rc = net_open();

    if (rc != 0)
        return rc;
    if (!find_other_end())
        return -1;
    for (const struct kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(kinds[0]) && rc == 0; k++)
        if (k->way != RECEIVE || outside)
            rc = measure(k);
    return rc;
}

/* ---- the other end ---- */

static void answer(const struct net_arrival *a)
{
    static unsigned prepared;

    if (a->port == PORT_STREAM) {
        count_stream(a);
    } else if (a->port == PORT_ECHO) {
        if (prepared != a->packet)
            net_prepare(prepared = a->packet, PORT_ECHO);
        net_send();
    } else if (a->message.what == SAY_WHO) {
        net_set_peer(a->from);
        net_say(SAY_HERE, 0, 0);
    } else if (a->message.what == SAY_BEGIN) {
        memset(&coming, 0, sizeof(coming));
        coming.each = a->message.a;
        net_say(SAY_READY, 0, 0);
    }
}

int io_answer(void)
{
    struct net_arrival a;
    int rc = net_open();

    if (rc != 0)
        return rc;
    for (;;) {
        while (net_take(&a))
            if (a.port != 0)
                answer(&a);
        net_wait();
    }
}
