/* How those that let frames wait share the pool's memory: whoever takes all it can get leaves everybody
 * else what is their own and a part of the rest; short frames take little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "net/pool.h"
#include "net/share.h"
#include "net_host.h"

#define PORTS 200u
#define OWN   32u
#define MOST  8192u

/* One that lets frames wait, in order. */
struct port {
    struct net_share share;
    struct packet *waiting[MOST];
    unsigned first, count;
};

static struct port ports[PORTS + 1];

static bool send(struct port *q, size_t bytes)
{
    struct packet *p = packet_alloc(bytes);

    if (!p)
        return false;
    if (q->count == MOST || !net_share_take(&q->share, p)) {
        packet_free(p);
        return false;
    }
    q->waiting[(q->first + q->count++) % MOST] = p;
    return true;
}

static void take(struct port *q)
{
    struct packet *p = q->waiting[q->first];

    q->first = (q->first + 1) % MOST;
    q->count--;
    net_share_give(&q->share, p);
    packet_free(p);
}

static int open_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= PORTS; i++)
        assert_int_equal(net_share_open(&ports[i].share, OWN), 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= PORTS; i++) {
        while (ports[i].count)
            take(&ports[i]);
        assert_int_equal(ports[i].share.held, 0);
        net_share_close(&ports[i].share);
    }
    assert_int_equal(net_host_used(), 0);
    return 0;
}

/* So many ports take nothing of what is sent to them, in frames of such sizes. */
static void hog(unsigned count, const size_t *sizes, unsigned n)
{
    bool any = true;

    for (unsigned round = 0; any; round++) {
        any = false;
        for (unsigned i = 0; i < count; i++)
            any |= send(&ports[i], sizes[(round + i) % n]);
    }
}

/* A working port: takes what is sent to it a frame or two later. */
static void assert_works(struct port *q)
{
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(send(q, i % 3 ? 60000 : 66));
        if (q->count > 2)
            take(q);
    }
    while (q->count)
        take(q);
}

static void test_idle_ports_starve_nobody(void **state)
{
    static const size_t sizes[][3] = { { 66, 66, 66 }, { 1514, 1514, 1514 }, { 65549, 65549, 65549 },
                                       { 66, 1514, 65549 } };

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        hog(PORTS, sizes[kind], 3);
        assert_works(&ports[PORTS]);
        for (unsigned i = 0; i < PORTS; i++)
            while (ports[i].count)
                take(&ports[i]);
    }
}

/* Of so many that take all they can none has much more than another, and there is always something left on
 * the way. */
static void test_equal_parts(void **state)
{
    static const size_t sizes[] = { 1514 };
    unsigned least = UINT32_MAX, most = 0;
    struct packet *all[64];
    unsigned n;

    (void)state;
    hog(PORTS + 1, sizes, 1);
    for (unsigned i = 0; i <= PORTS; i++) {
        least = ports[i].share.held < least ? ports[i].share.held : least;
        most = ports[i].share.held > most ? ports[i].share.held : most;
    }
    assert_true(least >= (OWN + 8) * POOL_SMALLS && most <= 2 * least);
    for (n = 0; n < 64; n++)
        assert_non_null(all[n] = packet_alloc(60000));
    while (n)
        packet_free(all[--n]);
}

/* Alone, one may have half of the common part. */
static void test_alone(void **state)
{
    static const size_t sizes[] = { 1514 };

    (void)state;
    hog(1, sizes, 1);
    assert_in_range(ports[0].count, pool_common() / 2, pool_common() / 2 + OWN);
}

/* A page for seven of them. */
static void test_short_frames_are_short(void **state)
{
    struct packet *p;

    (void)state;
    for (unsigned i = 0; i < 7 * OWN; i++)
        assert_true(send(&ports[0], PACKET_SHORT));
    assert_int_equal(net_host_used(), OWN);
    assert_int_equal(ports[0].share.held, ports[0].share.own);
    p = packet_alloc(2000);
    packet_trim(p, 100);
    p->checksum = PACKET_VERIFIED;
    packet_write(p, 0, "abc", 3);
    assert_int_equal(packet_cost(p), POOL_SMALLS);
    p = packet_compact(p);
    assert_int_equal(packet_cost(p), 1);
    assert_int_equal(p->checksum, PACKET_VERIFIED);
    assert_memory_equal(p->pieces[0].at, "abc", 3);
    assert_ptr_equal(packet_compact(p), p);
    packet_free(p);
}

/* Pieces of all pages are given back in any order. */
static void test_pieces(void **state)
{
    static struct packet *all[500];

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct packet **p = &all[net_host_random(500)];

        if (*p)
            packet_free(*p);
        *p = *p ? NULL : packet_alloc(1 + net_host_random(PACKET_SHORT));
        if (*p)
            net_host_fill((*p)->pieces[0].at - 64, (*p)->bytes + 64);
    }
    for (unsigned i = 0; i < 500; i++)
        if (all[i])
            packet_free(all[i]);
}

/* What is one's own is there at once; without memory for it there is no port. Less memory is less to
 * share. */
static void test_without_memory(void **state)
{
    struct net_share s = { 0 }, t = { 0 };
    unsigned before = pool_common();
    size_t pages, used;

    (void)state;
    packet_free(packet_alloc(1000));            /* so that there are some */
    packet_pool(&pages, &used);
    net_host_no_pages = true;
    assert_int_equal(net_share_open(&s, (unsigned)pages + 1), -ENOMEM);
    assert_true(pool_common() < before);
    assert_int_equal(net_share_open(&t, 1), 0);
    net_host_no_pages = false;
    net_share_close(&t);
    assert_int_equal(net_share_open(&s, (unsigned)pages + 1), 0);
    assert_int_equal(pool_common(), before);
    net_share_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test_setup_teardown(test_idle_ports_starve_nobody, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_equal_parts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_alone, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_short_frames_are_short, open_all, close_all),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
