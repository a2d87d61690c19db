/* Virtqueues with a device that is played here: each chain comes back once with its token, in any
 * order; notifications and interrupts are asked for when they are needed; a device that lies is
 * found out, and nothing is taken twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/queue.h"

static struct virtq_page page __attribute__((aligned(4096)));
static struct virtq q;
static uint16_t seen;               /* the device's place in the ring of what is available */

static int setup(void **state)
{
    (void)state;
    virtq_init(&q, &page);
    seen = 0;
    return 0;
}

/* The device looks at one chain: its head, and how many bytes it holds. -1: there is none. */
static int device_get(uint32_t *bytes, unsigned *parts)
{
    uint16_t head, i;

    if (seen == page.avail.index)
        return -1;
    head = i = page.avail.ring[seen++ % VIRTQ_MAX];
    *bytes = 0;
    for (*parts = 1;; (*parts)++) {
        assert_in_range(i, 0, VIRTQ_MAX - 1);
        *bytes += page.desc[i].length;
        if (!(page.desc[i].flags & 1))
            return head;
        i = page.desc[i].next;
        assert_true(*parts < VIRTQ_MAX);
    }
}

static void device_put(unsigned head, uint32_t bytes)
{
    page.used.ring[page.used.index % VIRTQ_MAX].id = head;
    page.used.ring[page.used.index % VIRTQ_MAX].length = bytes;
    page.used.index++;
}

static void test_one(void **state)
{
    struct virtq_part parts[] = { { 0x1000, 16, false }, { 0x5200, 512, true }, { 0x1010, 1, true } };
    uint32_t bytes;
    unsigned n;
    int token, head;
    bool broken;

    (void)state;
    assert_true(virtq_add(&q, parts, 3, &token));
    assert_int_equal(device_get(&bytes, &n), -1);
    assert_true(virtq_publish(&q));
    head = device_get(&bytes, &n);
    assert_int_equal(bytes, 529);
    assert_int_equal(n, 3);
    assert_int_equal(page.desc[head].address, 0x1000);
    assert_int_equal(page.desc[head].flags, 1);
    assert_int_equal(page.desc[page.desc[head].next].flags, 3);
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_false(broken);
    assert_false(virtq_arm(&q));
    device_put((unsigned)head, 513);
    assert_true(virtq_arm(&q));
    assert_ptr_equal(virtq_take(&q, &bytes, &broken), &token);
    assert_int_equal(bytes, 513);
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_false(broken);
}

static void test_full(void **state)
{
    struct virtq_part parts[VIRTQ_MAX];
    uint32_t bytes;
    unsigned n;
    bool broken;
    int head;

    (void)state;
    for (unsigned i = 0; i < VIRTQ_MAX; i++)
        parts[i] = (struct virtq_part){ 0x1000 * i, i + 1, i % 2 };
    assert_false(virtq_add(&q, parts, 0, &n));
    assert_true(virtq_add(&q, parts, VIRTQ_MAX, &n));
    assert_false(virtq_add(&q, parts, 1, &n));
    virtq_publish(&q);
    head = device_get(&bytes, &n);
    assert_int_equal(n, VIRTQ_MAX);
    device_put((unsigned)head, 0);
    assert_non_null(virtq_take(&q, &bytes, &broken));
    assert_true(virtq_add(&q, parts, 1, &n));
}

/* However long a table is, it takes one descriptor. */
static void test_tables(void **state)
{
    static struct virtq_desc table[VIRTQ_MAX];
    struct virtq_part parts[3] = { { 0x1000, 10, false }, { 0x2000, 20, false }, { 0x3000, 30, true } };
    uint32_t bytes;
    unsigned n;
    bool broken;
    int token, head;

    (void)state;
    assert_false(virtq_add_table(&q, parts, 0, table, 0x9000, &token));
    for (unsigned i = 0; i < VIRTQ_MAX; i++)
        assert_true(virtq_add_table(&q, parts, 3, table, 0x9000, &token));
    assert_false(virtq_add_table(&q, parts, 1, table, 0x9000, &token));
    virtq_publish(&q);
    head = device_get(&bytes, &n);
    assert_int_equal(n, 1);
    assert_int_equal(page.desc[head].address, 0x9000);
    assert_int_equal(page.desc[head].length, 48);
    assert_int_equal(page.desc[head].flags, 4);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(table[i].address, parts[i].machine);
        assert_int_equal(table[i].length, parts[i].bytes);
        assert_int_equal(table[i].flags, (i < 2) | (i == 2) << 1);
        assert_int_equal(table[i].next, i < 2 ? i + 1 : 0);
    }
    device_put((unsigned)head, 30);
    assert_ptr_equal(virtq_take(&q, &bytes, &broken), &token);
    assert_true(virtq_add(&q, parts, 1, &token));
    assert_false(virtq_add(&q, parts, 1, &token));
}

/* Chains of random length, done in random order, over many turns of all indices. */
static void test_random(void **state)
{
    static bool out[VIRTQ_MAX];
    static uint16_t held[VIRTQ_MAX];
    static unsigned length[VIRTQ_MAX];
    static char tokens[VIRTQ_MAX];
    struct virtq_part parts[8];
    unsigned holding = 0, in_flight = 0, n;
    uint32_t bytes;

    (void)state;
    srand(2);
    for (unsigned step = 0; step < 400000; step++) {
        unsigned id = (unsigned)rand() % VIRTQ_MAX, want = (unsigned)rand() % 8 + 1;
        char *token;
        bool broken;
        int head;

        switch (rand() % 4) {
        case 0:
            for (unsigned i = 0; i < want; i++)
                parts[i] = (struct virtq_part){ id, id * 8 + i, false };
            if (!out[id] && virtq_add(&q, parts, want, &tokens[id])) {
                out[id] = true;
                length[id] = want;
                in_flight++;
            }
            break;
        case 1:
            virtq_publish(&q);
            while ((head = device_get(&bytes, &n)) >= 0) {
                assert_int_equal(n, length[page.desc[head].address]);
                held[holding++] = (uint16_t)head;
            }
            break;
        case 2:
            if (holding) {
                unsigned pick = (unsigned)rand() % holding;

                device_put(held[pick], held[pick]);
                held[pick] = held[--holding];
            }
            break;
        case 3:
            token = virtq_take(&q, &bytes, &broken);
            assert_false(broken);
            if (token) {
                assert_true(out[token - tokens]);
                out[token - tokens] = false;
                in_flight--;
            }
            break;
        }
    }
    while (virtq_reclaim(&q))
        in_flight--;
    assert_int_equal(in_flight, 0);
    assert_int_equal(q.free_count, VIRTQ_MAX);
}

static void test_notifications(void **state)
{
    struct virtq_part part = { 0, 1, false };
    int token;

    (void)state;
    page.used.avail_event = 3;          /* tell me at the fourth */
    for (unsigned i = 0; i < 6; i++) {
        assert_true(virtq_add(&q, &part, 1, &token));
        assert_int_equal(virtq_publish(&q), i == 3);
    }
    page.used.avail_event = 7;
    assert_true(virtq_add(&q, &part, 1, &token));
    assert_true(virtq_add(&q, &part, 1, &token));
    assert_true(virtq_add(&q, &part, 1, &token));
    assert_true(virtq_publish(&q));     /* the eighth is among them */
    assert_false(virtq_publish(&q));
}

static void test_lies(void **state)
{
    struct virtq_part part = { 0, 1, false };
    uint32_t bytes;
    bool broken;
    int token;

    (void)state;
    device_put(5, 0);                               /* nothing is out there */
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_true(broken);
    setup(NULL);
    assert_true(virtq_add(&q, &part, 1, &token));
    device_put(VIRTQ_MAX, 0);
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_true(broken);
    setup(NULL);
    assert_true(virtq_add(&q, &part, 1, &token));
    device_put(0, 0);
    device_put(0, 0);                               /* twice */
    assert_ptr_equal(virtq_take(&q, &bytes, &broken), &token);
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_true(broken);
    setup(NULL);
    page.used.index = VIRTQ_MAX + 1;                /* more than there can be */
    assert_null(virtq_take(&q, &bytes, &broken));
    assert_true(broken);
    setup(NULL);
    assert_true(virtq_add(&q, (struct virtq_part[]){ part, part }, 2, &token));
    page.desc[0].next = 77;                         /* it writes into the descriptors */
    page.desc[0].flags = 0;
    device_put(0, 0);
    assert_ptr_equal(virtq_take(&q, &bytes, &broken), &token);
    assert_int_equal(q.free_count, VIRTQ_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_tables, setup),
        cmocka_unit_test_setup(test_random, setup),
        cmocka_unit_test_setup(test_notifications, setup),
        cmocka_unit_test_setup(test_lies, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
