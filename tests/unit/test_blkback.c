/* The block backend's daemon with a store, disks and rings that are played here: devices are found however
 * little the store tells, none waits for another, a front end that broke the protocol is not served again,
 * and a daemon that is started again goes on with what it finds. The daemon's thread runs until it waits. */
#include "store_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>
#include <xen/io/xenbus.h>

#include "backends/block/blkback.h"
#include "storage/image.h"

#define TREE "/local/domain/0/backend/vbd"

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
    bool shut, idle, ended, stopped;
    enum vbd_end end;
};

static struct vbd *vbds[2];             /* of the disks */
static unsigned opened, resumed;
static int refuse_ring;
static bool slow;                       /* a vbd that is shut has requests for a while */
static bool lingers;                    /* ... and, when it has none, a front end that has not let go */

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

/* It gets on as far as it may. */
static void get_on(struct vbd *v)
{
    v->idle |= v->shut && !slow;
    v->ended |= v->idle && !lingers;
    pv_wake(&watcher->waitq);
}

void vbd_shut(struct vbd *v, enum vbd_end end, struct pv_waitq *q)
{
    assert_false(v->shut && v->end == end);
    assert_ptr_equal(q, &watcher->waitq);
    v->shut = true;
    v->end = end;
    get_on(v);
}

bool vbd_is_idle(const struct vbd *v)
{
    return v->idle;
}

bool vbd_ended(const struct vbd *v)
{
    return v->ended;
}

void vbd_free(struct vbd *v)
{
    assert_true(v->ended);
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
    store_set(path, value);
}

static const char *back(unsigned domid, const char *key)
{
    char path[96];

    snprintf(path, sizeof(path), TREE "/%u/51712/%s", domid, key);
    return store_get(path);
}

static const char *front(unsigned domid, const char *key)
{
    char path[96];

    snprintf(path, sizeof(path), "/local/domain/%u/device/vbd/51712/%s", domid, key);
    return store_get(path);
}

/* What the tools write, without a word to the daemon. */
static void attach(unsigned domid, const char *disk)
{
    put(domid, "front", "backend", "/local/domain/0/backend");
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
    store_tell(path);
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
    store_clear();
    opened = resumed = 0;
    refuse_ring = 0;
    slow = lingers = false;
    return blkback_start();
}

/* Everything goes, and nothing is left. */
static int teardown(void **state)
{
    (void)state;
    slow = lingers = false;
    for (unsigned i = 0; i < 2; i++)
        if (vbds[i])
            get_on(vbds[i]);
    work();
    store_forget("/local");
    store_tell(TREE);
    work();
    work();
    assert_int_equal(disks[0].users + disks[1].users, 0);
    return vbds[0] || vbds[1];
}

/* An attached disk, of which the daemon has heard. */
static void have(unsigned domid, const char *disk)
{
    attach(domid, disk);
    store_tell(TREE);
    work();
    assert_string_equal(back(domid, "state"), "2");
}

static void tools_put(unsigned domid, const char *key, const char *value)
{
    char path[96];

    put(domid, "back", key, value);
    snprintf(path, sizeof(path), TREE "/%u/51712/%s", domid, key);
    store_tell(path);
    work();
}

static void assert_state(unsigned domid, const char *state)
{
    assert_string_equal(back(domid, "state"), state);
}

static void test_a_life(void **state)
{
    (void)state;
    attach(5, "vdb");
    store_tell(TREE "/5/51712/online");
    work();
    assert_string_equal(back(5, "hotplug-status"), "connected");
    assert_string_equal(back(5, "sector-size"), "4096");
    assert_state(5, "2");
    connect(5);
    assert_state(5, "4");
    front_state(5, "5");
    assert_state(5, "5");
    front_state(5, "6");
    assert_state(5, "6");
    front_state(5, "1");
    assert_state(5, "2");
    connect(5);
    assert_int_equal(opened, 2);
    tools_put(5, "online", "0");
    assert_state(5, "5");
    front_state(5, "6");
    assert_state(5, "6");
    assert_int_equal(disks[1].users, 0);
}

/* More events than the queue holds: the watch's own path alone is told, and everything is looked at. */
static void test_events_were_joined(void **state)
{
    (void)state;
    attach(5, "vda");
    attach(6, "vdb");
    store_tell(TREE);
    work();
    assert_state(5, "2");
    assert_state(6, "2");
    connect(5);
    store_forget(TREE "/5");
    put(6, "front", "ring-ref", "8");
    put(6, "front", "event-channel", "9");
    put(6, "front", "state", "3");
    store_tell(TREE);
    work();
    assert_state(6, "4");
    assert_int_equal(disks[0].users, 0);
    attach(7, "vda");
    store_tell(TREE);
    work();
    assert_state(7, "2");
}

/* The tools have taken a device away and made it again before we looked. */
static void test_another_tree(void **state)
{
    (void)state;
    have(5, "vda");
    connect(5);
    store_forget("/local/domain/0/backend/vbd/5");
    attach(5, "vdb");
    store_tell(TREE "/5/51712/online");
    work();
    work();
    assert_state(5, "2");
    assert_int_equal(disks[0].users, 0);
    assert_int_equal(disks[1].users, 1);
}

/* A disk that takes its time holds up nobody but its front end. */
static void test_nobody_waits(void **state)
{
    (void)state;
    have(5, "vda");
    have(6, "vdb");
    connect(5);
    slow = true;
    front_state(5, "6");
    assert_true(vbds[0]->shut && vbds[0]->end == VBD_CLOSE);
    assert_state(5, "4");
    connect(6);
    assert_state(6, "4");
    front_state(5, "1");
    assert_state(5, "4");
    slow = false;
    get_on(vbds[0]);
    work();
    assert_null(vbds[0]);
    assert_state(5, "2");
}

/* By force: the disk is free when it has no requests any more, whatever the front end does. */
static void test_by_force(void **state)
{
    (void)state;
    have(5, "vda");
    connect(5);
    slow = lingers = true;
    put(5, "back", "force", "1");
    tools_put(5, "online", "0");
    assert_true(vbds[0]->shut && vbds[0]->end == VBD_TAKE_AWAY);
    assert_string_equal(back(5, "hotplug-status"), "connected");
    assert_int_equal(disks[0].users, 1);
    slow = false;
    get_on(vbds[0]);
    work();
    assert_string_equal(back(5, "hotplug-status"), "disconnected");
    assert_int_equal(disks[0].users, 0);
    assert_state(5, "4");                       /* nobody has told the front end */
    front_state(5, "1");
    front_state(5, "3");
    assert_int_equal(opened, 1);
    store_forget("/local/domain/5");
    lingers = false;
    get_on(vbds[0]);
    work();
    assert_null(vbds[0]);
    assert_state(5, "6");
}

/* The guest's driver says late that it has closed the device that was here before. */
static void test_a_late_word(void **state)
{
    (void)state;
    have(5, "vda");
    front_state(5, "6");
    assert_state(5, "2");
    assert_string_equal(front(5, "state"), "1");            /* the new one is told of again */
    front_state(5, "6");
    assert_state(5, "6");                                   /* but once */
    front_state(5, "1");
    connect(5);
    assert_state(5, "4");

    have(6, "vdb");
    front_state(6, "5");                                    /* a driver that has looked at it and does not want it */
    front_state(6, "6");
    assert_state(6, "6");
    assert_string_equal(front(6, "state"), "6");
}

/* A guest that writes there all the time: one attempt, and the others are served. */
static void test_a_late_word_in_a_flood(void **state)
{
    (void)state;
    have(5, "vda");
    store_conflicts = true;
    front_state(5, "6");
    store_conflicts = false;
    assert_state(5, "6");
    have(6, "vdb");
    assert_state(6, "2");
}

static void remove_behind_online(const char *path)
{
    if (strcmp(path, TREE "/5/51712/online") == 0)
        store_forget(TREE "/5/51712");
}

/* The directory goes while it is looked at: nothing is left of it that the next device could take for its own. */
static void test_away_meanwhile(void **state)
{
    (void)state;
    have(5, "vda");
    tools_put(5, "online", "0");
    front_state(5, "6");
    assert_string_equal(back(5, "hotplug-status"), "disconnected");
    store_read_hook = remove_behind_online;
    store_tell(TREE "/5/51712/online");
    work();
    store_read_hook = NULL;
    assert_string_equal(back(5, "hotplug-status"), "");
    assert_string_equal(back(5, "hotplug-error"), "");
    have(5, "vdb");
    assert_state(5, "2");
}

/* What is left of one whose directory is gone is told nothing. */
static void test_a_word_too_late(void **state)
{
    (void)state;
    have(5, "vda");
    store_forget("/local/domain/5");
    front_state(5, "6");
    assert_string_equal(front(5, "state"), "6");
    assert_state(5, "6");
}

/* The directories go, without a word, under a front end that does not let go; another domain has the disk
 * then. */
static void test_without_a_word(void **state)
{
    (void)state;
    have(5, "vda");
    connect(5);
    lingers = true;
    store_forget(TREE "/5");
    store_tell(TREE "/5/51712");
    work();
    assert_true(vbds[0]->end == VBD_TAKE_AWAY && vbds[0]->idle);
    assert_int_equal(disks[0].users, 0);
    have(6, "vda");
    attach(5, "vdb");                           /* its number is used again: now the old one is hurried */
    store_tell(TREE "/5/51712/online");
    work();
    assert_true(vbds[0]->end == VBD_CLOSE);
    assert_string_equal(back(5, "hotplug-status"), "");
    lingers = false;
    get_on(vbds[0]);
    work();
    assert_state(5, "2");
}

/* What cannot be had: the reason, and the error's number. */
static void test_refused(void **state)
{
    (void)state;
    have(5, "vda");
    attach(6, "vda");
    attach(7, "vdq");
    store_tell(TREE);
    work();
    assert_string_equal(back(6, "hotplug-status"), "error");
    assert_string_equal(back(6, "hotplug-error"), "vda: it is in use");
    assert_int_equal(atoi(back(6, "hotplug-errno")), EBUSY);
    assert_string_equal(back(7, "hotplug-error"), "vdq: there is no such disk or partition");
    assert_int_equal(atoi(back(7, "hotplug-errno")), ENOENT);
    assert_string_equal(back(7, "sectors"), "");
    assert_state(7, "1");
}

/* Rings that cannot be used, rings that lied: not again, until the device is another one. */
static void test_not_served_again(void **state)
{
    (void)state;
    have(5, "vda");
    have(6, "vdb");
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
            assert_state(domid, "6");
            connect(domid);
        }
    assert_int_equal(opened, 2);
    store_forget(TREE "/5");
    store_tell(TREE "/5/51712");
    work();
    have(5, "vda");
    connect(5);
    assert_state(5, "4");
}

static void test_too_often(void **state)
{
    (void)state;
    have(5, "vda");
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
    have(5, "vda");
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
    have(5, "vda");
    have(6, "vdb");
    connect(5);
    connect(6);
    tools_put(6, "online", "0");
    assert_state(6, "5");
    watcher->waitq.woken = true;
    assert_int_equal(blkback_restart(), 0);
    assert_int_equal(disks[0].users + disks[1].users, 0);
    store_tell(TREE);                 /* the first event of its watch */
    work();
    assert_int_equal(opened, 4);
    assert_int_equal(resumed, 2);
    assert_state(5, "4");
    assert_state(6, "5");
    front_state(6, "6");
    assert_state(6, "6");
    assert_int_equal(disks[1].users, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_were_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_force, setup, teardown),
        cmocka_unit_test_setup_teardown(test_away_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_late_word, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_late_word_in_a_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_word_too_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_word, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_served_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_often, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_too_often, setup, teardown),
        cmocka_unit_test_setup_teardown(test_started_again, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
