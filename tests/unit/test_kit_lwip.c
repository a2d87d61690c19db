/*
 * What lwIP stands on in the kit, on the build machine: mailboxes, semaphores, checksums, random numbers, the
 * budget of memory. The kit's threads are played here: waiting runs what the test has prepared, as another
 * thread would in the meantime, or lets the time pass.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arch/cc.h"
#include "hooks.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "private.h"
#include <pv/net.h>
#include <pv/siphash.h>

sys_mutex_t lock_tcpip_core;

/* ---- the kit ---- */

static uint64_t now_ns;
static void (*meanwhile)(void);
static unsigned waits;

uint64_t pv_now_ns(void)
{
    return now_ns;
}

uint64_t pv_wall_ns(void)
{
    return now_ns + 77;
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    void (*run)(void) = meanwhile;

    waits++;
    meanwhile = NULL;
    q->woken = false;
    if (run) {
        run();
        return true;
    }
    if (deadline_ns == UINT64_MAX)
        fail_msg("waits for ever");
    now_ns = deadline_ns;
    return false;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

void pv_mutex_init(struct pv_mutex *m)
{
    m->owner = NULL;
}

void pv_mutex_lock(struct pv_mutex *m)
{
    assert_null(m->owner);
    m->owner = (struct pv_thread *)1;
}

void pv_mutex_unlock(struct pv_mutex *m)
{
    m->owner = NULL;
}

struct pv_thread *pv_thread_self(void)
{
    return (struct pv_thread *)1;
}

const char *pv_thread_name(const struct pv_thread *thread)
{
    (void)thread;
    return "test";
}

struct pv_thread *pv_thread_create(const char *name, size_t bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)bytes;
    (void)fn;
    (void)arg;
    return NULL;
}

void pv_panic(const char *fmt, ...)
{
    fail_msg("%s", fmt);
    abort();
}

static size_t free_pages = 4096;

size_t pv_pages_free_count(void)
{
    return free_pages;
}

/* ---- mailboxes ---- */

static sys_mbox_t box;
static int values[600];

static void mailboxes_keep_order_and_grow(void **state)
{
    unsigned i, round, in = 0, out = 0;
    void *got;

    (void)state;
    assert_int_equal(sys_mbox_new(&box, 512), ERR_OK);
    assert_int_equal(sys_arch_mbox_tryfetch(&box, &got), SYS_MBOX_EMPTY);
    for (round = 1; round < 60; round++) {
        for (i = 0; i < round; i++)
            assert_int_equal(sys_mbox_trypost(&box, &values[in++ % 600]), ERR_OK);
        for (i = 0; i < round - round / 8; i++) {
            assert_int_equal(sys_arch_mbox_tryfetch(&box, &got), 0);
            assert_ptr_equal(got, &values[out++ % 600]);
        }
    }
    while (in - out < 512)
        assert_int_equal(sys_mbox_trypost(&box, &values[in++ % 600]), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&box, &values[0]), ERR_MEM);      /* its limit */
    while (out != in) {
        assert_int_equal(sys_arch_mbox_fetch(&box, &got, 0), 0);
        assert_ptr_equal(got, &values[out++ % 600]);
    }
    sys_mbox_free(&box);
}

static void post_one(void)
{
    sys_mbox_trypost(&box, &values[1]);
}

static void fetch_one(void)
{
    void *got;

    assert_int_equal(sys_arch_mbox_tryfetch(&box, &got), 0);
    assert_ptr_equal(got, &values[0]);
}

static void nothing(void)
{
}

static void mailboxes_wait(void **state)
{
    void *got = &values[5];

    (void)state;
    assert_int_equal(sys_mbox_new(&box, 1), ERR_OK);
    now_ns = 1000;
    assert_int_equal(sys_arch_mbox_fetch(&box, &got, 25), SYS_ARCH_TIMEOUT);
    assert_null(got);
    assert_true(now_ns == 25001000);
    meanwhile = post_one;
    assert_int_equal(sys_arch_mbox_fetch(&box, &got, 0), 0);
    assert_ptr_equal(got, &values[1]);
    meanwhile = nothing;                        /* woken for nothing: waits on, until its time is over */
    assert_int_equal(sys_arch_mbox_fetch(&box, &got, 10), SYS_ARCH_TIMEOUT);
    sys_mbox_post(&box, &values[0]);
    meanwhile = fetch_one;
    sys_mbox_post(&box, &values[2]);            /* full: waits for room */
    assert_null(meanwhile);
    assert_int_equal(sys_arch_mbox_tryfetch(&box, NULL), 0);
    sys_mbox_free(&box);
}

static sys_sem_t sem;

static void signal_it(void)
{
    sys_sem_signal(&sem);
}

static void semaphores(void **state)
{
    (void)state;
    assert_int_equal(sys_sem_new(&sem, 0), ERR_OK);
    assert_true(sys_sem_valid(&sem));
    assert_int_equal(sys_arch_sem_wait(&sem, 5), SYS_ARCH_TIMEOUT);
    meanwhile = signal_it;
    assert_int_equal(sys_arch_sem_wait(&sem, 0), 0);
    sys_sem_signal(&sem);
    sys_sem_signal(&sem);
    waits = 0;
    assert_int_equal(sys_arch_sem_wait(&sem, 0), 0);
    assert_int_equal(sys_arch_sem_wait(&sem, 0), 0);
    assert_int_equal(waits, 0);
    assert_int_equal(sys_arch_sem_wait(&sem, 1), SYS_ARCH_TIMEOUT);
}

/* ---- checksums ---- */

static uint16_t slow_sum(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < len; i++)
        sum += i % 2 ? (uint64_t)p[i] << 8 : p[i];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void checksums(void **state)
{
    /* RFC 1071, section 3 */
    static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    size_t len, offset, i;

    (void)state;
    assert_int_equal(pv_net_checksum(example, sizeof(example)), 0xf2dd);
    srand(3);
    for (len = 0; len < 200; len++)
        for (offset = 0; offset < 8; offset++) {
            uint8_t *data = malloc(offset + len + !len);

            for (i = 0; i < len; i++)
                data[offset + i] = rand() % 4 ? 0xff : (uint8_t)rand();
            assert_int_equal(pv_net_checksum(data + offset, (int)len), slow_sum(data + offset, len));
            free(data);
        }
}

/* ---- random numbers ---- */

static void sequence_numbers(void **state)
{
    ip_addr_t a = IPADDR4_INIT_BYTES(10, 0, 0, 1), b = IPADDR4_INIT_BYTES(10, 0, 0, 2);
    uint32_t first, later;
    unsigned same = 0, i;

    (void)state;
    now_ns = 5000000000;
    first = pv_net_sequence_number(&a, 80, &b, 1234);
    assert_int_equal(first, pv_net_sequence_number(&a, 80, &b, 1234));
    now_ns += 4096 * 1000;
    later = pv_net_sequence_number(&a, 80, &b, 1234);
    assert_int_equal(later - first, 1000);                  /* the same connection's rise with the time */
    for (i = 0; i < 1000; i++)                              /* others' are somewhere else */
        same += (pv_net_sequence_number(&a, 80, &b, (uint16_t)(2000 + i)) >> 16) == (later >> 16);
    assert_true(same < 5);
}

static void ports(void **state)
{
    unsigned i, rising = 0;
    uint16_t port, before = 0;

    (void)state;
    for (i = 0; i < 1000; i++) {
        port = pv_net_random_port();
        assert_true(port >= 49152);
        rising += port == before + 1;
        before = port;
    }
    assert_true(rising < 5);
}

/* SipHash-1-3 of the bytes 0, 1, 2 ... by the key 0, 1, 2 ... 15, as its authors' program prints it. */
static void siphash(void **state)
{
    static const uint8_t want[] = { 0xdc, 0xc4, 0x0f, 0x05, 0x58, 0x01, 0xac, 0xab };
    uint64_t value = pv_siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, "", 0);

    (void)state;
    assert_memory_equal(&value, want, 8);
    assert_true(pv_siphash(1, 2, "a", 1) != pv_siphash(1, 2, "a\0", 2));
}

/* ---- memory ---- */

static void the_budget_holds(void **state)
{
    void *pieces[64], *more;
    size_t used, most, n = 0;

    (void)state;
    pv_net_memory_init();
    pv_net_memory(&used, &most);
    assert_int_equal(used, 0);
    assert_int_equal(most, free_pages * 4096 / 4);
    while (n < 64 && (pieces[n] = pv_net_malloc(100000)))
        n++;
    pv_net_memory(&used, &most);
    assert_true(used <= most / 4 * 3 + 200000 && used >= most / 4 * 3 - 200000);
    pv_net_receiving = true;                                /* what comes may use the rest */
    more = pv_net_malloc(100000);
    assert_non_null(more);
    assert_null(pv_net_malloc(most));
    pv_net_receiving = false;
    assert_null(pv_net_malloc(SIZE_MAX));
    assert_null(pv_net_calloc(SIZE_MAX / 2, 3));
    pv_net_free(more);
    while (n > 0)
        pv_net_free(pieces[--n]);
    pv_net_memory(&used, &most);
    assert_int_equal(used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailboxes_keep_order_and_grow), cmocka_unit_test(mailboxes_wait),
        cmocka_unit_test(semaphores), cmocka_unit_test(checksums), cmocka_unit_test(sequence_numbers),
        cmocka_unit_test(ports), cmocka_unit_test(siphash),
        cmocka_unit_test(the_budget_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
