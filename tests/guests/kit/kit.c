/* kit.c: the kit itself, as far as a guest alone can try it: threads, waits, time, memory, windows, files,
 * sockets. */
#include "case.h"
#include "sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <xen/memory.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/thread.h>
#include <pv/vfs.h>

/* ---- threads ---- */

static struct pv_waitq queue = PV_WAITQ_INIT;
static struct pv_mutex mutex = PV_MUTEX_INIT;
static volatile int turns, ended;
static double sums[3];

static void worker(void *arg)
{
    int self = (int)(intptr_t)arg, i;

    errno = self + 1000;
    for (i = 0; i < 100; i++) {
        pv_mutex_lock(&mutex);
        turns++;
        sums[self] += 0.5;
        pv_yield();
        pv_mutex_unlock(&mutex);
    }
    if (errno == self + 1000)
        ended++;
    pv_wake(&queue);
}

static void threads(void)
{
    intptr_t i;
    int started = 0;
    size_t free_before = pv_pages_free_count();
    uint64_t before = pv_now_ns();

    for (i = 0; i < 3; i++)
        started += pv_thread_create("worker", 0, worker, (void *)i) != NULL;
    check("three threads start", started, 3);
    pv_wait_event(&queue, ended == 3);
    check("three threads took their turns", turns, 300);
    check_true("three threads have their own floating-point sums",
               sums[0] == 50 && sums[1] == 50 && sums[2] == 50);
    check("pv_wait, a deadline that has passed", pv_wait(&queue, before + 1), 0);
    pv_yield();
    check_true("stacks of threads that ended are free again", pv_pages_free_count() >= free_before - 8);
    before = pv_now_ns();
    usleep(20000);
    check_true("usleep sleeps as long as it should", pv_now_ns() - before >= 20 * PV_NS_PER_MS);
    check_true("usleep sleeps not for ever", pv_now_ns() - before < 2 * PV_NS_PER_SEC);
}

static volatile bool overflow_reached;

static void toucher(void *arg)
{
    /* The guard page lies below the stack's lowest page. */
    char *top = __builtin_frame_address(0);
    char *guard = (char *)(((uintptr_t)top & ~(PV_PAGE_SIZE - 1)) - 4 * PV_PAGE_SIZE);

    (void)arg;
    PROBE("movb (%0), %%al", , ARGS("r"(guard)), "rax");
    overflow_reached = probe_result() == TRAP(14, 0);
    pv_wake(&queue);
    ended = 4;
}

static void guards(void)
{
    unsigned char *data;

    pv_thread_create("toucher", 16 * 1024, toucher, NULL);
    while (ended != 4)
        pv_yield();
    check_true("below a stack lies a guard page", overflow_reached);
    data = malloc(64);
    *data = 0xc3;
    PROBE("jmp *%0", , ARGS("r"(data)));
    check("malloc's memory cannot be executed", probe_result(), TRAP(14, 17));
    free(data);
}

/* ---- memory ---- */

static void heap(void)
{
    static unsigned char *blocks[64];
    size_t pages = pv_pages_free_count();
    unsigned int i, round, bad = 0;
    char *p;

    for (round = 0; round < 2000; round++) {
        i = (unsigned int)rand() % 64;
        if (blocks[i] && blocks[i][0] != (unsigned char)i)
            bad++;
        free(blocks[i]);
        blocks[i] = malloc(1 + (unsigned int)rand() % 5000);
        if (!blocks[i])
            bad++;
        else
            blocks[i][0] = (unsigned char)i;
    }
    for (i = 0; i < 64; i++)
        free(blocks[i]);
    check("malloc and free, 2000 rounds", bad, 0);
    check_true("a block larger than all memory is refused", malloc(1UL << 40) == NULL);
    p = calloc(1, 200000);
    for (i = 0; p && i < 200000; i++)
        bad += p[i] != 0;
    check_true("calloc gives zeroes", p && bad == 0);
    free(p);
    p = pv_pages_alloc(16);
    check_true("16 pages", p && (uintptr_t)p % PV_PAGE_SIZE == 0);
    pv_pages_free(p, 16);
    check_true("more pages than there are", pv_pages_alloc(pv_start_info->nr_pages) == NULL);
    check_true("nothing is left over", pv_pages_free_count() + 16 >= pages);
}

static long reservation(void)
{
    domid_t self = DOMID_SELF;

    return HYPERVISOR_memory_op(XENMEM_current_reservation, &self);
}

/* Memory of the hypervisor: a domain at its limit gets none, which is right too. */
static void regions(void)
{
    long before = reservation();
    size_t bytes = 3 << 20, i;
    uint64_t *p;
    unsigned int bad = 0;

    free(pv_region_alloc(0));
    p = pv_region_alloc(bytes);
    if (p) {
        for (i = 0; i < bytes / 8; i += 64)
            p[i] = i;
        for (i = 0; i < bytes / 8; i += 64)
            bad += p[i] != i;
        check("a region of 3 MiB keeps what is written", bad, 0);
        check("a region is memory from the hypervisor: pages more", reservation() - before, 768);
        pv_region_free(p, bytes);
        PROBE("movb (%0), %%al", , ARGS("r"(p)), "rax");
        check("a read of a freed region", probe_result(), TRAP(14, 0));
    }
    check("a freed region is given back: pages more", reservation() - before, 0);
    check_true("a region of 64 TiB is refused", pv_region_alloc(1UL << 46) == NULL);
    check("a refused region leaves nothing behind: pages more", reservation() - before, 0);
}

static void windows(void)
{
    char *page = pv_pages_alloc(1), *seen;
    xen_pfn_t frames[2] = { pv_virt_to_mfn(page), 1UL << 36 };
    int errs[2];

    strcpy(page, "mapped twice");
    seen = pv_map_frames(DOMID_SELF, frames, 1, false, NULL);
    check_true("a second mapping of a page", seen && strcmp(seen, "mapped twice") == 0);
    pv_unmap(seen, 1);
    check_true("a window with a frame that is none is refused",
               !pv_map_frames(DOMID_SELF, frames, 2, false, NULL));
    seen = pv_map_frames(DOMID_SELF, frames, 2, false, errs);
    check_true("a window leaves a frame that is none out, if asked which",
               seen && errs[0] == 0 && errs[1] < 0);
    pv_unmap(seen, 2);
    pv_pages_free(page, 1);
}

/* ---- the C library ---- */

/* A call that has to fail with this error. */
static void check_fails(const char *name, int rc, const char *error)
{
    check_text(name, rc == -1 ? pv_errno_name(errno) : "no error", error);
}

static void library(void)
{
    struct timeval tv;
    struct timespec ts;
    char text[64];
    int fd;

    snprintf(text, sizeof(text), "%.3f %d %s %llx", 3.14159, -7, "word", 0x1234567890ULL);
    check_true("snprintf", strcmp(text, "3.142 -7 word 1234567890") == 0);
    check("gettimeofday", gettimeofday(&tv, NULL), 0);
    check_true("gettimeofday: the year makes sense", tv.tv_sec > 1600000000);
    check("clock_gettime", clock_gettime(CLOCK_MONOTONIC, &ts), 0);
    check_fails("open of a file that is none", open("/no/such/file", O_RDONLY), "ENOENT");
    check_fails("read of a descriptor that is none", (int)read(77, text, 1), "EBADF");
    fd = dup(1);
    check("dup of stdout: the first free descriptor", fd, 3);
    check("write of nothing", (long)write(fd, "", 0), 0);
    check("close", close(fd), 0);
    check_fails("close of a closed descriptor", close(fd), "EBADF");
    check("isatty of stdout", isatty(1), 1);
    check_fails("chdir to a directory that is none", chdir("/no/such/directory"), "ENOENT");
    check_text("an error of the hypervisor as one of the C library",
               pv_errno_name(pv_errno_from_xen(-XEN_ENOSYS)), "ENOSYS");
}

/* Walks the boot archive and compares read() with the bytes in place. */
static unsigned int walk(const char *path, unsigned int depth)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned int good = 0;
    char full[512], byte;
    size_t len;

    while (dir && depth < 8 && (entry = readdir(dir)) != NULL) {
        const char *bytes;
        int fd;

        snprintf(full, sizeof(full), "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) {
            good += walk(full, depth + 1);
            continue;
        }
        fd = open(full, O_RDONLY);
        bytes = pv_vfs_map(fd, &len);
        good += fd >= 0 && bytes && (len == 0 || (read(fd, &byte, 1) == 1 && byte == bytes[0])) &&
                 lseek(fd, 0, SEEK_END) == (off_t)len;
        close(fd);
    }
    if (dir)
        closedir(dir);
    return good;
}

static void files(void)
{
    size_t len;

    check_true("there is a boot archive", pv_module(&len) != NULL);
    check_true("the boot archive can be read", walk("/", 0) > 0);
}

const struct kernel kernel = {
    .name = "kit", .checks = "the kit on which test kernels and control domain run",
    .groups = (const struct group[]){
        { "threads", threads, "threads, waits, sleep" },
        { "guards", guards, "pages that must not be touched or executed" },
        { "heap", heap, "memory of the domain: malloc and pages" },
        { "regions", regions, "memory that is taken from the hypervisor and given back" },
        { "windows", windows, "mappings of frames" },
        { "library", library, "the C library: formats, time, descriptors, errors" },
        { "files", files, "the boot archive" },
        { "sockets", sockets, "TCP, UDP and waiting for them, within the domain" },
        { 0 },
    },
};
