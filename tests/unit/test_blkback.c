/* The block backend's daemon with a store, disks and rings that are played here: devices are found however
 * little the store tells, none waits for another, a front end that broke the protocol is not served again, and
 * a daemon that is started again goes on with what it finds. The daemon's thread runs until it waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/error.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>
#include <xen/io/xenbus.h>

#include "backends/block/blkback.h"
#include "storage/image.h"

#define TREE "/local/domain/0/backend/vbd"

/* ---- the store ---- */

static struct { char path[96], value[64]; } nodes[400];
static char events[64][96];
static unsigned event_count;
static struct pv_xs_watcher *watcher;
static uint64_t now;

static int node(const char *path)
{
    for (int i = 0; i < 400; i++)
        if (nodes[i].path[0] && strcmp(nodes[i].path, path) == 0)
            return i;
    return -1;
}

static void set(const char *path, const char *value)
{
    int i = node(path);

    for (int k = 0; i < 0 && k < 400; k++)
        if (!nodes[k].path[0])
            i = k;
    assert_true(i >= 0 && strlen(path) < 96 && strlen(value) < 64);
    strcpy(nodes[i].path, path);
    strcpy(nodes[i].value, value);
}

static void forget(const char *prefix)
{
    for (int i = 0; i < 400; i++)
        if (strncmp(nodes[i].path, prefix, strlen(prefix)) == 0)
            nodes[i].path[0] = 0;
}

static void tell(const char *path)
{
    strcpy(events[event_count++], path);
}

int pv_xs_read(uint32_t tx, const char *path, char **value, size_t *len)
{
    int i = node(path);

    (void)tx;
    (void)len;
    if (i < 0)
        return -ENOENT;
    *value = strdup(nodes[i].value);
    return 0;
}

int pv_xs_read_u64(uint32_t tx, const char *path, uint64_t *value)
{
    int i = node(path);
    char *end;

    (void)tx;
    if (i < 0)
        return -ENOENT;
    *value = strtoull(nodes[i].value, &end, 10);
    return *end || end == nodes[i].value ? -EINVAL : 0;
}

int pv_xs_write(uint32_t tx, const char *path, const void *value, size_t len)
{
    char text[64];

    (void)tx;
    snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)value);
    set(path, text);
    return 0;
}

int pv_xs_printf(uint32_t tx, const char *path, const char *fmt, ...)
{
    char text[64];
    va_list args;

    (void)tx;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    set(path, text);
    return 0;
}

int pv_xs_mkdir(uint32_t tx, const char *path)
{
    (void)tx;
    (void)path;
    return 0;
}

/* The distinct next parts of the paths below. */
int pv_xs_directory(uint32_t tx, const char *path, char ***names, size_t *n)
{
    size_t length = strlen(path);
    char **list = calloc(1, 64 * sizeof(char *) + 64 * 16);
    char *text = (char *)(list + 64);

    (void)tx;
    *n = 0;
    for (int i = 0; i < 400; i++) {
        char part[16];
        bool known = false;

        if (strncmp(nodes[i].path, path, length) != 0 || nodes[i].path[length] != '/')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(nodes[i].path + length + 1, "/"),
                 nodes[i].path + length + 1);
        for (size_t k = 0; k < *n; k++)
            known |= strcmp(list[k], part) == 0;
        if (!known) {
            list[*n] = strcpy(text + *n * 16, part);
            ++*n;
        }
    }
    *names = list;
    return 0;
}

void pv_xs_watcher_init(struct pv_xs_watcher *w)
{
    memset(w, 0, sizeof(*w));
    watcher = w;
}

int pv_xs_watch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    assert_ptr_equal(w, watcher);
    (void)path;
    (void)token;
    return 0;
}

int pv_xs_unwatch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    return pv_xs_watch(w, path, token);
}

void pv_xs_watcher_close(struct pv_xs_watcher *w)
{
    assert_ptr_equal(w, watcher);
    event_count = 0;
}

bool pv_xs_watch_pending(const struct pv_xs_watcher *w)
{
    assert_ptr_equal(w, watcher);
    return event_count > 0;
}

int pv_xs_watch_next(struct pv_xs_watcher *w, uint64_t deadline_ns, char **path, char **token)
{
    (void)w, (void)deadline_ns;
    assert_true(event_count > 0);
    *path = strdup(events[0]);
    *token = strdup("token");
    memmove(events[0], events[1], sizeof(events) - sizeof(events[0]));
    event_count--;
    return 0;
}

/* ---- threads and time ---- */

static void (*thread)(void *);
static jmp_buf out;

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    (void)arg;
    thread = fn;
    return (struct pv_thread *)1;
}

/* The daemon waits: the test goes on. blkback_restart() waits: the daemon goes on. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (q != &watcher->waitq) {
        thread(NULL);
        return true;
    }
    if (!q->woken)
        longjmp(out, 1);
    q->woken = false;
    return true;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

uint64_t pv_now_ns(void)
{
    return now;
}

const char *pv_errno_name(int err)
{
    (void)err;
    return "E";
}

/* The daemon runs until it waits. */
static void work(void)
{
    watcher->waitq.woken = false;
    if (setjmp(out) == 0)
        thread(NULL);
}

/* ---- disks and rings ---- */

static struct block_device disks[2] = { { .name = "vda", .sectors = 100, .granularity = 1 },
                                        { .name = "vdb", .sectors = 100, .granularity = 8 } };

struct block_device *block_find(const char *name)
{
    return strcmp(name, "vda") == 0 ? &disks[0] : strcmp(name, "vdb") == 0 ? &disks[1] : NULL;
}

int block_claim(struct block_device *d, bool write)
{
    (void)write;
    if (d->users)
        return -EBUSY;
    d->users = 1;
    return 0;
}

bool image_is_path(const char *target)
{
    return target[0] == '/' && strncmp(target, "/dev/", 5) != 0;
}

int image_open(const char *path, bool writable, struct block_device **out)
{
    (void)path;
    (void)writable;
    (void)out;
    return -ENOENT;
}

void block_release(struct block_device *d, bool write)
{
    (void)write;
    assert_int_equal(d->users, 1);
    d->users--;
}

struct vbd {
    struct block_device *device;
    bool shut, answers, ended, stopped;
};

static struct vbd *vbds[2];             /* of the disks */
static unsigned opened, resumed;
static int refuse_ring;
static bool slow;                       /* a vbd that is shut has requests for a while */

int vbd_open(struct vbd **vbd, const char *name, domid_t frontend, const struct vbd_ring *ring,
             struct block_device *device, bool read_only, bool discard)
{
    (void)name;
    (void)read_only;
    (void)discard;
    assert_true(frontend >= 5 && ring->pages == 1 && ring->refs[0] == 8 && ring->port == 9);
    opened++;
    if (refuse_ring)
        return refuse_ring;
    assert_null(vbds[device - disks]);
    *vbd = vbds[device - disks] = calloc(1, sizeof(**vbd));
    (*vbd)->device = device;
    return 0;
}

void vbd_shut(struct vbd *v, bool answer, struct pv_waitq *q)
{
    assert_false(v->shut);
    assert_ptr_equal(q, &watcher->waitq);
    v->shut = true;
    v->answers = answer;
    v->ended = !slow;
    if (v->ended)
        pv_wake(q);
}

bool vbd_ended(const struct vbd *v)
{
    return v->ended;
}

void vbd_free(struct vbd *v)
{
    assert_true(v->ended && v->device->users == 1);
    vbds[v->device - disks] = NULL;
    free(v);
}

void vbd_resume_notify(struct vbd *v)
{
    (void)v;
    resumed++;
}

bool vbd_stopped(const struct vbd *v)
{
    return v->stopped;
}

void vbd_statistics(const struct vbd *v, struct vbd_statistics *statistics)
{
    (void)v;
    memset(statistics, 0, sizeof(*statistics));
}

/* ---- tools and guests ---- */

static void put(unsigned domid, const char *side, const char *key, const char *value)
{
    char path[96];

    if (side[0] == 'b')
        snprintf(path, sizeof(path), TREE "/%u/51712/%s", domid, key);
    else
        snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/51712/%s", domid, key);
    set(path, value);
}

static const char *back(unsigned domid, const char *key)
{
    char path[96];
    int i;

    snprintf(path, sizeof(path), TREE "/%u/51712/%s", domid, key);
    i = node(path);
    return i < 0 ? "" : nodes[i].value;
}

/* What the tools write, without a word to the daemon. */
static void attach(unsigned domid, const char *disk)
{
    put(domid, "front", "state", "1");
    put(domid, "back", "params", disk);
    put(domid, "back", "mode", "w");
    put(domid, "back", "state", "1");
    put(domid, "back", "online", "1");
}

static void front_state(unsigned domid, const char *state)
{
    char path[96];

    put(domid, "front", "state", state);
    snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/51712/state", domid);
    tell(path);
    work();
}

static void connect(unsigned domid)
{
    put(domid, "front", "ring-ref", "8");
    put(domid, "front", "event-channel", "9");
    front_state(domid, "3");
    front_state(domid, "4");
}

static int setup(void **state)
{
    (void)state;
    forget("/");
    event_count = opened = resumed = 0;
    refuse_ring = 0;
    slow = false;
    now = 0;
    return blkback_start();
}

/* Everything goes, and nothing is left. */
static int teardown(void **state)
{
    (void)state;
    slow = false;
    for (unsigned i = 0; i < 2; i++)
        if (vbds[i])
            vbds[i]->ended |= vbds[i]->shut;
    work();
    forget("/local");
    tell(TREE);
    work();
    work();
    assert_int_equal(disks[0].users + disks[1].users, 0);
    return vbds[0] || vbds[1];
}

static void test_a_life(void **state)
{
    (void)state;
    attach(5, "vdb");
    tell(TREE "/5/51712/online");
    work();
    assert_string_equal(back(5, "hotplug-status"), "connected");
    assert_string_equal(back(5, "sector-size"), "4096");
    assert_string_equal(back(5, "state"), "2");
    connect(5);
    assert_string_equal(back(5, "state"), "4");
    front_state(5, "5");
    assert_string_equal(back(5, "state"), "5");
    front_state(5, "6");
    assert_string_equal(back(5, "state"), "6");
    front_state(5, "1");
    assert_string_equal(back(5, "state"), "2");
    connect(5);
    assert_int_equal(opened, 2);
    put(5, "back", "online", "0");
    tell(TREE "/5/51712/online");
    work();
    assert_string_equal(back(5, "state"), "5");
    front_state(5, "6");
    assert_string_equal(back(5, "state"), "6");
    assert_int_equal(disks[1].users, 0);
}

/* More events than the queue holds: the watch's own path alone is told, and everything is looked at. */
static void test_events_were_joined(void **state)
{
    (void)state;
    attach(5, "vda");
    attach(6, "vdb");
    tell(TREE);
    work();
    assert_string_equal(back(5, "state"), "2");
    assert_string_equal(back(6, "state"), "2");
    connect(5);
    forget(TREE "/5");
    put(6, "front", "ring-ref", "8");
    put(6, "front", "event-channel", "9");
    put(6, "front", "state", "3");
    tell(TREE);
    work();
    assert_string_equal(back(6, "state"), "4");
    assert_int_equal(disks[0].users, 0);
    attach(7, "vda");
    tell(TREE);
    work();
    assert_string_equal(back(7, "state"), "2");
}

/* The tools have taken a device away and made it again before we looked. */
static void test_another_tree(void **state)
{
    (void)state;
    attach(5, "vda");
    tell(TREE "/5/51712/online");
    work();
    connect(5);
    forget("/local/domain/0/backend/vbd/5");
    attach(5, "vdb");
    tell(TREE "/5/51712/online");
    work();
    work();
    assert_string_equal(back(5, "state"), "2");
    assert_int_equal(disks[0].users, 0);
    assert_int_equal(disks[1].users, 1);
}

/* A disk that takes its time holds up nobody but its front end. */
static void test_nobody_waits(void **state)
{
    (void)state;
    attach(5, "vda");
    attach(6, "vdb");
    tell(TREE);
    work();
    connect(5);
    slow = true;
    front_state(5, "6");
    assert_true(vbds[0]->shut && vbds[0]->answers);
    assert_string_equal(back(5, "state"), "4");
    connect(6);
    assert_string_equal(back(6, "state"), "4");
    front_state(5, "1");
    assert_string_equal(back(5, "state"), "4");
    vbds[0]->ended = true;
    work();
    assert_null(vbds[0]);
    assert_string_equal(back(5, "state"), "2");
}

/* Rings that cannot be used, rings that lied: not again, until the device is another one. */
static void test_not_served_again(void **state)
{
    (void)state;
    attach(5, "vda");
    attach(6, "vdb");
    tell(TREE);
    work();
    refuse_ring = -EINVAL;
    connect(5);
    refuse_ring = 0;
    connect(6);
    vbds[1]->stopped = true;
    assert_int_equal(opened, 2);
    for (unsigned i = 0; i < 10; i++)
        for (unsigned domid = 5; domid < 7; domid++) {
            front_state(domid, "5");
            front_state(domid, "6");
            front_state(domid, "1");
            assert_string_equal(back(domid, "state"), "6");
            connect(domid);
        }
    assert_int_equal(opened, 2);
    forget(TREE "/5");
    tell(TREE "/5/51712");
    work();
    attach(5, "vda");
    tell(TREE "/5/51712/online");
    work();
    connect(5);
    assert_string_equal(back(5, "state"), "4");
}

static void test_too_often(void **state)
{
    (void)state;
    attach(5, "vda");
    tell(TREE);
    work();
    for (unsigned i = 0; i < 200; i++) {
        front_state(5, "1");
        connect(5);
        front_state(5, "6");
    }
    assert_true(opened > 10 && opened < 30);
}

/* Front ends that are slow to come back are no nuisance. */
static void test_not_too_often(void **state)
{
    (void)state;
    attach(5, "vda");
    tell(TREE);
    work();
    for (unsigned i = 0; i < 200; i++) {
        front_state(5, "1");
        connect(5);
        front_state(5, "6");
        now += 10 * PV_NS_PER_SEC;
    }
    assert_int_equal(opened, 200);
}

/* Started again: what is connected is taken over as it is, also while the tools want it back. */
static void test_started_again(void **state)
{
    (void)state;
    attach(5, "vda");
    attach(6, "vdb");
    tell(TREE);
    work();
    connect(5);
    connect(6);
    put(6, "back", "online", "0");
    tell(TREE "/6/51712/online");
    work();
    assert_string_equal(back(6, "state"), "5");
    watcher->waitq.woken = true;
    assert_int_equal(blkback_restart(), 0);
    assert_int_equal(disks[0].users + disks[1].users, 0);
    tell(TREE);                 /* the first event of its watch */
    work();
    assert_int_equal(opened, 4);
    assert_int_equal(resumed, 2);
    assert_string_equal(back(5, "state"), "4");
    assert_string_equal(back(6, "state"), "5");
    front_state(6, "6");
    assert_string_equal(back(6, "state"), "6");
    assert_int_equal(disks[1].users, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_were_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_served_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_often, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_too_often, setup, teardown),
        cmocka_unit_test_setup_teardown(test_started_again, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
