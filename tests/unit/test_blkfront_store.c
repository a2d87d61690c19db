/* A disk's frontend and what its backend says in the store, and when: Linux's tells of flushes, discards and
 * lists of segments only when it is connected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block/private.h"

/* ---- the backend's keys ---- */

static struct { const char *key; uint64_t value; } keys[8];
static unsigned key_count;

static void tell(const char *key, uint64_t value)
{
    keys[key_count].key = key;
    keys[key_count++].value = value;
}

uint64_t pv_frontend_ask(const struct pv_frontend *f, const char *key, uint64_t otherwise)
{
    (void)f;
    for (unsigned i = 0; i < key_count; i++)
        if (strcmp(keys[i].key, key) == 0)
            return keys[i].value;
    return otherwise;
}

char *pv_key_text(const char *directory, const char *key)
{
    (void)directory;
    (void)key;
    return NULL;
}

int pv_xs_directory(uint32_t tx, const char *path, char ***names, size_t *n)
{
    (void)tx;
    (void)path;
    *names = malloc(sizeof(char *));
    **names = "51712";
    *n = 1;
    return 0;
}

/* ---- the frontend's thread: what it is called for ---- */

static const struct pv_frontend_ops *ops;
static void (*told_when_connected)(void);

int pv_frontend_start(struct pv_frontend *f, const char *type, unsigned number, const struct pv_frontend_ops *o,
                      void *device)
{
    (void)type;
    (void)number;
    ops = o;
    f->ops = o;
    f->device = device;
    return 0;
}

/* pv_blkfront_open() waits: the backend comes. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    struct pv_blkfront *d = (struct pv_blkfront *)((char *)q - offsetof(struct pv_blkfront, opened));

    (void)deadline;
    if (d->closing) {
        d->ended = true;
        return true;
    }
    assert_int_equal(ops->offer(d), 0);
    told_when_connected();
    ops->connect(d);
    return true;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack, void (*fn)(void *arg), void *arg)
{
    (void)name;
    (void)stack;
    (void)fn;
    return arg;
}

int pv_frontend_tell(struct pv_frontend *f, int (*write)(void *device, uint32_t tx), enum xenbus_state state)
{
    (void)write;
    f->state = state;
    return 0;
}

void pv_frontend_set_state(struct pv_frontend *f, enum xenbus_state state)
{
    f->state = state;
}

int pv_blk_ring_make(struct pv_blkfront *d, unsigned order)
{
    d->ring_order = order;
    return 0;
}

/* ---- of no concern here ---- */

void pv_wake(struct pv_waitq *q) { (void)q; }
void pv_yield(void) { }
void pv_frontend_free(struct pv_frontend *f) { (void)f; }
bool pv_frontend_has_news(const struct pv_frontend *f) { return (void)f, false; }
void pv_frontend_look(struct pv_frontend *f) { (void)f; }
void pv_frontend_give_up(struct pv_frontend *f) { f->gone = true; }
void pv_frontend_part(struct pv_frontend *f) { (void)f; }
void pv_blk_ring_init(struct pv_blkfront *d) { d->waiting_end = &d->waiting; }
void pv_blk_ring_drop(struct pv_blkfront *d) { (void)d; }
void pv_blk_ring_free(struct pv_blkfront *d) { (void)d; }
void pv_blk_pump(struct pv_blkfront *d) { (void)d; }
void pv_blk_fail_all(struct pv_blkfront *d, int error) { (void)d, (void)error; }
int pv_blk_take_answers(struct pv_blkfront *d) { return (void)d, 0; }
void pv_blk_disk_init(struct pv_blkfront *d) { (void)d; }

int pv_key_put(uint32_t tx, const char *directory, const char *key, const char *value)
{
    return (void)tx, (void)directory, (void)key, (void)value, 0;
}

int pv_key_put_number(uint32_t tx, const char *directory, const char *key, uint64_t value)
{
    return (void)tx, (void)directory, (void)key, (void)value, 0;
}

int pv_key_clear(uint32_t tx, const char *directory, const char *key)
{
    return (void)tx, (void)directory, (void)key, 0;
}

/* ---- tests ---- */

static void tell_size(void)
{
    tell("sectors", 1000);
    tell("sector-size", 512);
}

static void tell_all(void)
{
    tell_size();
    tell("feature-flush-cache", 1);
    tell("feature-discard", 1);
    tell("feature-max-indirect-segments", 256);
}

static struct pv_blkfront *open_disk(void (*told)(void))
{
    struct pv_blkfront *d;

    key_count = 0;
    told_when_connected = told;
    assert_int_equal(pv_blkfront_open("51712", 0, &d), 0);
    assert_int_equal(d->fe.state, XenbusStateConnected);
    assert_int_equal(d->disk.sectors, 1000);
    return d;
}

static void test_told_when_connected(void **state)
{
    struct pv_blk_request flush = { .operation = PV_BLK_FLUSH };
    struct pv_blkfront *d = open_disk(tell_all);

    (void)state;
    assert_int_equal(pv_blkfront_submit(d, &flush), 0);
    assert_true(d->features.discard);
    assert_int_equal(d->features.segments, SEGMENTS);
    pv_blkfront_close(d);
}

static void test_never_told(void **state)
{
    struct pv_blk_request flush = { .operation = PV_BLK_FLUSH };
    struct pv_blkfront *d = open_disk(tell_size);

    (void)state;
    assert_int_equal(pv_blkfront_submit(d, &flush), -ENOTSUP);
    assert_false(d->features.discard);
    assert_int_equal(d->features.segments, BLKIF_MAX_SEGMENTS_PER_REQUEST);
    pv_blkfront_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_when_connected),
        cmocka_unit_test(test_never_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
