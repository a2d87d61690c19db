/* Files as disks of domains: which requests go straight to the disk below, what reads as zeros, when room is
 * given, and that nothing is on its way to blocks that are given back. The image's thread is a coroutine; the
 * file system below is a map of blocks, the disk below a list of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <pv/event.h>
#include <pv/ext4.h>
#include <pv/memory.h>
#include <pv/thread.h>

#include "drivers/block/block.h"
#include "storage/image.h"
#include "storage/storage.h"

#define BLOCKS    64u           /* of the file: 4 KiB each */
#define PER_BLOCK 8u
#define PENDING   16u

/* ---- the kit: one thread ---- */

static ucontext_t main_context, thread_context;
static char thread_stack[256 * 1024];
static void (*thread_fn)(void *);
static void *thread_arg;
static bool in_thread;

static void thread_main(void)
{
    thread_fn(thread_arg);
    for (;;)
        swapcontext(&thread_context, &main_context);
}

struct pv_thread *pv_thread_create(const char *name, size_t bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)bytes;
    thread_fn = fn;
    thread_arg = arg;
    getcontext(&thread_context);
    thread_context.uc_stack.ss_sp = thread_stack;
    thread_context.uc_stack.ss_size = sizeof(thread_stack);
    makecontext(&thread_context, thread_main, 0);
    return (struct pv_thread *)thread_stack;
}

/* Lets the thread go on until it waits. */
static void run(void)
{
    in_thread = true;
    swapcontext(&main_context, &thread_context);
    in_thread = false;
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    (void)q;
    (void)deadline;
    if (!in_thread)
        run();
    else
        swapcontext(&thread_context, &main_context);
    return true;
}

/* What others do meanwhile. */
static void (*meanwhile)(void);

void pv_yield(void)
{
    assert_true(in_thread);
    if (meanwhile)
        meanwhile();
}

void pv_wake(struct pv_waitq *q) { (void)q; }
bool pv_upcalls_disable(void) { return true; }
void pv_upcalls_restore(bool were_on) { (void)were_on; }

/* Frames are pages of this process. */
static uint8_t data[4096] __attribute__((aligned(4096)));

void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    assert_true(domid == DOMID_SELF && n == 1 && writable && !errs);
    return (void *)(uintptr_t)(mfns[0] << 12);
}

void pv_unmap(void *p, size_t n)
{
    (void)p;
    (void)n;
}

/* ---- the file system: which of the file's blocks lie where ---- */

static uint64_t map[BLOCKS];    /* a block of the disk, or 0 */
static uint64_t next_block;
static unsigned discards, syncs;
static int discard_error;
static bool busy_at_discard;
static struct storage_mount mount;
static struct block_device below;

const struct storage_mount *storage_mount_at(size_t i) { return i ? NULL : &mount; }

int pv_ext4_claim(int fd, bool writable, struct pv_disk **disk)
{
    (void)fd;
    (void)writable;
    *disk = &mount.disk;
    return 0;
}

void pv_ext4_release(int fd, bool writable)
{
    (void)fd;
    (void)writable;
}

uint32_t pv_ext4_block(int fd)
{
    (void)fd;
    return PER_BLOCK * BLOCK_SECTOR;
}

int pv_ext4_where(int fd, uint64_t sector, struct pv_ext4_run *run)
{
    uint64_t block = sector / PER_BLOCK, offset = sector % PER_BLOCK;

    (void)fd;
    assert_true(block < BLOCKS);
    *run = (struct pv_ext4_run){ map[block] != 0, map[block] * PER_BLOCK + offset, PER_BLOCK - offset };
    return 0;
}

int pv_ext4_reserve(int fd, uint64_t sector, uint64_t sectors)
{
    (void)fd;
    for (uint64_t b = sector / PER_BLOCK; b < (sector + sectors) / PER_BLOCK; b++)
        if (!map[b])
            map[b] = next_block++;
    return 0;
}

static unsigned pending_count;

/* A block each time. */
int pv_ext4_discard(int fd, uint64_t sector, uint64_t sectors, uint64_t *part)
{
    (void)fd;
    discards++;
    busy_at_discard |= pending_count != 0;
    assert_true(sector % PER_BLOCK == 0 && sectors >= PER_BLOCK);
    *part = PER_BLOCK;
    if (!discard_error)
        map[sector / PER_BLOCK] = 0;
    return discard_error;
}

int pv_ext4_sync(const char *at)
{
    (void)at;
    syncs++;
    return 0;
}

/* ---- the disk below ---- */

static struct block_request *pending[PENDING];

int block_submit(struct block_device *d, struct block_request *r)
{
    assert_ptr_equal(d, &below);
    assert_true(pending_count < PENDING);
    pending[pending_count++] = r;
    return 0;
}

int block_flush(struct block_device *d)
{
    assert_ptr_equal(d, &below);
    return 0;
}

static void complete(int error)
{
    struct block_request *r = pending[0];

    memmove(pending, pending + 1, --pending_count * sizeof(pending[0]));
    r->done(r, error);
}

/* ---- requests ---- */

struct asked {
    struct block_request r;
    bool done;
    int error;
};

static void done(struct block_request *r, int error)
{
    struct asked *a = r->arg;

    assert_false(a->done);
    a->done = true;
    a->error = error;
}

static struct block_device *image;
static char file[] = "/tmp/enso-image-XXXXXX";

/* As the block layer hands it over: `sector` and `sectors` are checked. */
static void ask(struct asked *a, enum block_operation operation, uint64_t sector, uint64_t sectors)
{
    *a = (struct asked){ .r = { .operation = operation, .sector = sector, .sectors = sectors, .done = done,
                                .arg = a } };
    if (operation == BLOCK_READ || operation == BLOCK_WRITE) {
        a->r.segments[0] = (struct block_segment){ (uintptr_t)data, (uint32_t)(sectors * BLOCK_SECTOR) };
        a->r.segment_count = 1;
    }
    image->start(image, &a->r);
}

/* Until all of it is done. */
static void finish(struct asked *a)
{
    for (unsigned i = 0; !a->done && i < 100; i++) {
        run();
        if (pending_count)
            complete(0);
    }
    assert_true(a->done);
}

static int set_up(void **state)
{
    int fd;

    (void)state;
    strcpy(file + sizeof(file) - 7, "XXXXXX");
    fd = mkstemp(file);
    if (fd < 0 || ftruncate(fd, BLOCKS * PER_BLOCK * BLOCK_SECTOR) || close(fd))
        return -1;
    memset(map, 0, sizeof(map));
    next_block = 1000;
    discards = syncs = pending_count = 0;
    discard_error = 0;
    busy_at_discard = false;
    below = (struct block_device){ .sectors = 1 << 20, .granularity = 1 };
    mount.device = &below;
    return image_open(file, true, &image);
}

static int tear_down(void **state)
{
    (void)state;
    while (pending_count)
        complete(-EIO);
    image->close(image);
    return unlink(file);
}

static void a_file_is_a_disk(void **state)
{
    struct asked a;

    (void)state;
    assert_int_equal(image->sectors, BLOCKS * PER_BLOCK);
    assert_true(image->can_flush && image->can_discard && !image->read_only);
    assert_int_equal(image->discard_granularity, PER_BLOCK);
    memset(data, 7, sizeof(data));
    ask(&a, BLOCK_READ, 9, 2);
    run();
    assert_true(a.done && a.error == 0 && pending_count == 0);
    assert_true(data[0] == 0 && data[1023] == 0 && data[1024] == 7);
    ask(&a, BLOCK_WRITE, 9, 2);         /* gets room, by the thread */
    assert_int_equal(pending_count, 0);
    finish(&a);
    assert_true(a.error == 0 && map[1] != 0);
    ask(&a, BLOCK_WRITE, 9, 2);         /* straight, now that it is known */
    assert_int_equal(pending_count, 1);
    assert_int_equal(pending[0]->sector, map[1] * PER_BLOCK + 1);
    complete(-EIO);
    assert_true(a.done && a.error == -EIO);
    ask(&a, BLOCK_FLUSH, 0, 0);
    run();
    assert_true(a.done && a.error == 0 && syncs == 1);
}

static void what_is_discarded_is_not_reached(void **state)
{
    struct asked old, gone, late, after;
    uint64_t was;

    (void)state;
    ask(&after, BLOCK_WRITE, 24, 8);
    finish(&after);
    ask(&old, BLOCK_WRITE, 16, 8);
    finish(&old);
    was = map[2];
    ask(&old, BLOCK_WRITE, 16, 8);      /* on its way */
    assert_int_equal(pending_count, 1);
    ask(&gone, BLOCK_DISCARD, 16, 8);
    run();
    assert_int_equal(discards, 0);
    ask(&late, BLOCK_WRITE, 16, 8);     /* meanwhile: must not follow */
    ask(&after, BLOCK_WRITE, 24, 8);    /* waits too, so that there is an end to it */
    run();
    assert_int_equal(pending_count, 1);
    complete(0);
    assert_true(old.done && !gone.done);
    run();
    assert_true(gone.done && gone.error == 0 && discards == 1 && !busy_at_discard);
    finish(&late);
    finish(&after);
    assert_true(late.error == 0 && after.error == 0);
    assert_true(map[2] != 0 && map[2] != was);
    ask(&late, BLOCK_WRITE, 16, 8);
    assert_int_equal(pending_count, 1);
    assert_int_equal(pending[0]->sector, map[2] * PER_BLOCK);
    complete(0);
}

static void what_is_discarded_reads_as_zeros(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, BLOCK_WRITE, 0, 8);
    finish(&a);
    ask(&a, BLOCK_READ, 0, 8);
    assert_int_equal(pending_count, 1);
    complete(0);
    ask(&a, BLOCK_DISCARD, 0, BLOCKS * PER_BLOCK);
    run();
    assert_true(a.done && a.error == 0);
    memset(data, 7, sizeof(data));
    ask(&a, BLOCK_READ, 0, 8);
    run();
    assert_true(a.done && a.error == 0 && pending_count == 0 && data[0] == 0 && data[4095] == 0);
}

static void a_discard_can_fail(void **state)
{
    struct asked a;

    (void)state;
    discard_error = -ENOSPC;
    ask(&a, BLOCK_DISCARD, 0, 8);
    run();
    assert_true(a.done && a.error == -EIO);
    ask(&a, BLOCK_WRITE, 0, 8);         /* and all goes on */
    finish(&a);
    assert_int_equal(a.error, 0);
}

static struct asked whole;

static void hurry(void)
{
    whole.r.hurry = discards == 3;
}

/* Its owner is not interested in the rest any more. */
static void a_discard_ends_early(void **state)
{
    struct asked a;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        ask(&a, BLOCK_WRITE, i * 32, 8);
        finish(&a);
    }
    meanwhile = hurry;
    ask(&whole, BLOCK_DISCARD, 0, BLOCKS * PER_BLOCK);
    run();
    meanwhile = NULL;
    assert_true(whole.done && whole.error == 0);
    assert_int_equal(discards, 3);
    assert_true(map[0] == 0 && map[4] != 0);
    for (unsigned i = 0; i < 2; i++) {
        ask(&a, BLOCK_WRITE, i * 32, 8);
        finish(&a);
        assert_int_equal(a.error, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_a_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_discarded_is_not_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_discarded_reads_as_zeros, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_discard_can_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_discard_ends_early, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
