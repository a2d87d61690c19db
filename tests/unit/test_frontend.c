/* What frontends say to the store, with a store that is a table and a backend that is played here: a
 * frontend offers its rings once for each time that they are waited for, comes back with the backend, says
 * nothing to a device that is not whole, and lets go before its memory is others'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "xenbus/frontend.h"

#define FRONT "device/vif/0"
#define BACK  "/back"

/* ---- the store ---- */

static struct { char path[64], value[32]; } keys[32];
static bool watched_back, news;
static unsigned transactions, conflicts;
static uint64_t now;

static char *key(const char *path, bool make)
{
    for (unsigned i = 0; i < 32; i++)
        if (strcmp(keys[i].path, path) == 0)
            return keys[i].value;
    for (unsigned i = 0; make && i < 32; i++)
        if (!keys[i].path[0]) {
            strcpy(keys[i].path, path);
            return keys[i].value;
        }
    return NULL;
}

static void set(const char *path, const char *value)
{
    strcpy(key(path, true), value);
    news = true;
}

/* With all below it. */
static void clear(const char *path)
{
    size_t length = strlen(path);

    for (unsigned i = 0; i < 32; i++)
        if (strncmp(keys[i].path, path, length) == 0 && (keys[i].path[length] == 0 ||
                                                         keys[i].path[length] == '/'))
            keys[i].path[0] = 0;
    news = true;
}

int pv_xs_read(uint32_t tx, const char *path, char **value, size_t *len)
{
    char *found = key(path, false);

    (void)tx;
    (void)len;
    *value = found ? strdup(found) : NULL;
    return found ? 0 : -ENOENT;
}

int pv_xs_read_u64(uint32_t tx, const char *path, uint64_t *value)
{
    char *found = key(path, false);

    (void)tx;
    if (!found)
        return -ENOENT;
    *value = strtoull(found, NULL, 10);
    return 0;
}

int pv_xs_write(uint32_t tx, const char *path, const void *value, size_t len)
{
    char *to = key(path, true);

    assert_int_not_equal(tx, PV_XS_NIL);        /* never half of what belongs together */
    memcpy(to, value, len);
    to[len] = 0;
    return 0;
}

int pv_xs_rm(uint32_t tx, const char *path)
{
    bool was = news;

    (void)tx;
    if (!key(path, false))
        return -ENOENT;
    clear(path);
    news = was;
    return 0;
}

int pv_xs_transaction_start(uint32_t *tx)
{
    *tx = ++transactions;
    return 0;
}

int pv_xs_transaction_end(uint32_t tx, bool commit)
{
    (void)tx;
    if (!commit || conflicts == 0)
        return 0;
    conflicts--;
    return -EAGAIN;
}

void pv_xs_watcher_init(struct pv_xs_watcher *w)
{
    (void)w;
    news = watched_back = false;
}

int pv_xs_watch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    (void)w;
    (void)token;
    watched_back |= strcmp(path, BACK "/state") == 0;
    news = true;
    return 0;
}

int pv_xs_unwatch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    (void)w;
    (void)path;
    (void)token;
    watched_back = false;
    return 0;
}

bool pv_xs_watch_pending(const struct pv_xs_watcher *w)
{
    (void)w;
    return news;
}

/* Who waits for more sees time pass. */
int pv_xs_watch_next(struct pv_xs_watcher *w, uint64_t deadline, char **path, char **token)
{
    bool was = news;

    (void)w;
    (void)path;
    (void)token;
    news = false;
    if (!was)
        now = deadline;
    return was ? 0 : -ETIMEDOUT;
}

void pv_xs_watcher_close(struct pv_xs_watcher *w)
{
    (void)w;
}

uint64_t pv_now_ns(void)
{
    return now;
}

/* ---- a device ---- */

static struct pv_frontend f;
static unsigned offers, connects, disconnects, ends;
static int offer_error;

static int tell(void *device, uint32_t tx)
{
    assert_ptr_equal(device, &f);
    return pv_key_put_number(tx, f.front, "ring-ref", 8 + offers);
}

static int offer(void *device)
{
    offers++;
    (void)device;
    return offer_error ? offer_error : pv_frontend_tell(&f, tell, XenbusStateInitialised);
}

static void connect(void *device)
{
    (void)device;
    connects += !f.connected;
    f.connected = true;
    pv_frontend_set_state(&f, XenbusStateConnected);
}

static void disconnect(void *device, bool was)
{
    (void)device;
    (void)was;
    disconnects++;
}

static void gone(void *device)
{
    (void)device;
    ends++;
}

static const struct pv_frontend_ops returning = {
    .offer = offer, .connect = connect, .disconnect = disconnect,
};
static const struct pv_frontend_ops leaving = {
    .offer = offer, .connect = connect, .disconnect = disconnect, .gone = gone, .patient = true,
};

/* The backend's state, and what the frontend makes of it. */
static void backend_is(const char *state)
{
    set(BACK "/state", state);
    pv_frontend_look(&f);
}

static void assert_state(const char *state)
{
    assert_string_equal(key(FRONT "/state", false), state);
}

static void attach(void)
{
    set(FRONT "/backend", BACK);
    set(FRONT "/backend-id", "3");
    set(FRONT "/state", "1");
    set(BACK "/online", "1");
    set(BACK "/state", "1");
}

static int setup(void **state)
{
    (void)state;
    memset(keys, 0, sizeof(keys));
    offers = connects = disconnects = ends = transactions = conflicts = 0;
    offer_error = 0;
    now = 0;
    attach();
    return 0;
}

static void start(const struct pv_frontend_ops *ops)
{
    assert_int_equal(pv_frontend_start(&f, "vif", 0, ops, &f), 0);
    assert_true(watched_back);
    assert_int_equal(f.backend, 3);
}

static void start_connected(const struct pv_frontend_ops *ops)
{
    start(ops);
    backend_is("2");
    assert_state("3");
    backend_is("4");
    assert_state("4");
    assert_int_equal(connects, 1);
}

/* ---- the tests ---- */

static void test_the_usual_way(void **state)
{
    (void)state;
    start(&returning);
    pv_frontend_look(&f);
    assert_int_equal(offers, 0);
    conflicts = 2;                              /* somebody else writes meanwhile */
    backend_is("2");
    assert_int_equal(offers, 1);
    assert_string_equal(key(FRONT "/ring-ref", false), "9");
    backend_is("2");
    assert_int_equal(offers, 1);                /* it has not looked yet */
    backend_is("4");
    backend_is("4");
    assert_int_equal(connects, 1);
    pv_frontend_part(&f);
    assert_state("6");
    assert_int_equal(disconnects, 1);
    /* it did not wait for ever for a backend that is mute */
    assert_true(now > 0 && now <= 10 * PV_NS_PER_SEC);
    pv_frontend_free(&f);
}

static void test_a_backend_comes_back(void **state)
{
    (void)state;
    for (unsigned patient = 0; patient < 2; patient++) {
        setup(state);
        start_connected(patient ? &leaving : &returning);
        backend_is("5");
        assert_state("6");
        assert_false(f.connected);
        assert_int_equal(disconnects, !patient);            /* patient: it answers what it has */
        backend_is("6");
        assert_int_equal(disconnects, 1);
        assert_state("1");                                  /* asked to serve again */
        backend_is("6");
        assert_state("1");
        backend_is("2");
        backend_is("4");
        assert_int_equal(offers, 2);
        assert_int_equal(connects, 2);
        backend_is("2");                                    /* it has started again without a word */
        assert_int_equal(offers, 3);
        assert_int_equal(disconnects, 2);
        pv_frontend_free(&f);
    }
}

static void test_rings_that_are_not_ours(void **state)
{
    (void)state;
    start(&returning);
    backend_is("4");
    assert_int_equal(connects, 0);
    assert_state("6");
    offer_error = -ENOMEM;
    backend_is("6");
    backend_is("2");
    assert_false(f.offered);
    backend_is("4");
    assert_int_equal(connects, 0);
    assert_int_equal(disconnects, 0);
    pv_frontend_free(&f);
}

/* Taken away in order, and put back under the same name; and without order. */
static void test_away_and_back(void **state)
{
    (void)state;
    start_connected(&returning);
    set(BACK "/online", "0");
    backend_is("5");
    assert_state("6");
    backend_is("6");
    assert_state("6");
    clear(FRONT);
    clear(BACK);
    pv_frontend_look(&f);
    set(FRONT "/backend", BACK);                            /* half of the new one */
    set(FRONT "/state", "1");
    pv_frontend_look(&f);
    assert_state("1");                                      /* which hears nothing that was for the old one */
    attach();
    backend_is("2");
    backend_is("4");
    assert_state("4");
    assert_int_equal(connects, 2);
    /* And at once, without a chance to say goodbye. */
    clear(FRONT);
    clear(BACK);
    pv_frontend_look(&f);
    assert_null(key(FRONT "/state", false));                /* nothing is left of it */
    assert_int_equal(disconnects, 2);
    attach();
    backend_is("2");
    assert_int_equal(offers, 3);
    pv_frontend_free(&f);
}

/* An offer that went with its directory is made again. */
static void test_an_offer_is_lost(void **state)
{
    (void)state;
    start(&returning);
    backend_is("2");
    clear(FRONT);
    clear(BACK);
    attach();
    backend_is("2");
    assert_int_equal(offers, 2);
    assert_state("3");
    pv_frontend_free(&f);
}

static void test_a_device_that_ends(void **state)
{
    (void)state;
    start_connected(&leaving);
    clear(BACK);
    pv_frontend_look(&f);
    assert_int_equal(ends, 1);
    assert_int_equal(disconnects, 1);
    assert_true(f.gone);
    attach();
    backend_is("2");
    assert_int_equal(offers, 1);                            /* it is not followed any more */
    pv_frontend_part(&f);
    pv_frontend_free(&f);
    setup(state);
    clear(FRONT);
    assert_int_equal(pv_frontend_start(&f, "vif", 0, &leaving, &f), -ENOENT);
}

/* Nobody is left to wait for, though the backend has not noticed yet. */
static void test_a_device_that_is_taken_away_while_it_parts(void **state)
{
    (void)state;
    start_connected(&leaving);
    clear(FRONT);
    pv_frontend_part(&f);
    assert_int_equal(now, 0);
    assert_int_equal(disconnects, 1);
    assert_null(key(FRONT "/state", false));
    pv_frontend_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_usual_way, setup),
        cmocka_unit_test_setup(test_a_backend_comes_back, setup),
        cmocka_unit_test_setup(test_rings_that_are_not_ours, setup),
        cmocka_unit_test_setup(test_away_and_back, setup),
        cmocka_unit_test_setup(test_an_offer_is_lost, setup),
        cmocka_unit_test_setup(test_a_device_that_ends, setup),
        cmocka_unit_test_setup(test_a_device_that_is_taken_away_while_it_parts, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
