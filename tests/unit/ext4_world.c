/* ext4_world.c: see ext4_world.h. */
#include "ext4_world.h"

#include <errno.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <pv/thread.h>

/* ---- the kit, as far as ext4 uses it: one thread, and one that only runs to its end ---- */

static struct world *current;
static void (*thread)(void *);
static void *thread_arg;

struct pv_thread *pv_thread_create(const char *name, size_t stack, void (*fn)(void *), void *arg)
{
    (void)name, (void)stack;
    thread = fn;
    thread_arg = arg;
    return (struct pv_thread *)&thread;
}

void pv_wake(struct pv_waitq *q)
{
    (void)q;
}

/* The umount waits for the thread, which was told to stop. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    (void)q, (void)deadline;
    thread(thread_arg);
    return true;
}

void pv_yield(void)
{
}

void pv_mutex_init(struct pv_mutex *m)
{
    m->owner = NULL;
}

void pv_mutex_lock(struct pv_mutex *m)
{
    if (m->owner)
        abort();
    m->owner = (struct pv_thread *)&thread;
}

bool pv_mutex_trylock(struct pv_mutex *m)
{
    if (m->owner)
        return false;
    pv_mutex_lock(m);
    return true;
}

void pv_mutex_unlock(struct pv_mutex *m)
{
    if (!m->owner)
        abort();
    m->owner = NULL;
}

uint64_t pv_now_ns(void)
{
    return (uint64_t)time(NULL) * 1000000000u;
}

int pv_vfs_mount(const char *at, const struct pv_fs_ops *ops, void *fs)
{
    (void)at;
    current->ops = ops;
    current->fs = fs;
    return 0;
}

int pv_vfs_umount(const char *at)
{
    (void)at;
    return 0;
}

struct pv_file *pv_vfs_file(int fd)
{
    (void)fd;
    return current->claimed;
}

/* ---- the disk ---- */

static struct world *world_of(struct pv_disk *d)
{
    return (struct world *)((char *)d - offsetof(struct world, disk));
}

static int disk_read(struct pv_disk *d, uint64_t sector, void *buf, size_t bytes)
{
    struct world *w = world_of(d);

    if (sector > d->sectors || bytes / 512 > d->sectors - sector || bytes % 512)
        abort();
    memcpy(buf, w->image + sector * 512, bytes);
    return 0;
}

static void add_to_log(struct world *w, uint64_t sector, const void *bytes, size_t len)
{
    struct world_write *e;

    if (!w->logging)
        return;
    if (w->writes % 1024 == 0)
        w->log = realloc(w->log, (w->writes + 1024) * sizeof(*w->log));
    e = &w->log[w->writes++];
    *e = (struct world_write){ sector, len, NULL };
    if (bytes) {
        e->bytes = malloc(len);
        memcpy(e->bytes, bytes, len);
    }
}

static int disk_write(struct pv_disk *d, uint64_t sector, const void *buf, size_t bytes)
{
    struct world *w = world_of(d);

    if (sector > d->sectors || bytes / 512 > d->sectors - sector || bytes % 512 || !bytes)
        abort();
    if (w->fail_after && --w->fail_after == 0) {
        w->fail_after = 1;
        return -EIO;
    }
    add_to_log(w, sector, buf, bytes);
    memcpy(w->image + sector * 512, buf, bytes);
    return 0;
}

static int disk_flush(struct pv_disk *d)
{
    add_to_log(world_of(d), 0, NULL, 0);
    return 0;
}

/* ---- images ---- */

int world_run(const struct world *w, const char *format)
{
    char command[512], whole[1024];
    int status;

    snprintf(command, sizeof(command), format, w->path, w->path);
    snprintf(whole, sizeof(whole), "PATH=$PATH:/sbin:/usr/sbin; { %s; } > %s.log 2>&1", command, w->path);
    status = system(whole);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void world_save(const struct world *w, const uint8_t *image)
{
    FILE *f = fopen(w->path, "w");

    if (!f || fwrite(image, 1, w->size, f) != w->size || fclose(f))
        abort();
}

void world_load(struct world *w)
{
    FILE *f = fopen(w->path, "r");

    if (!f || fread(w->image, 1, w->size, f) != w->size || fclose(f))
        abort();
}

void world_make(struct world *w, const char *name, unsigned mib, const char *options)
{
    char command[256];

    memset(w, 0, sizeof(*w));
    snprintf(w->path, sizeof(w->path), WORLD_IMAGE, name);
    snprintf(command, sizeof(command), "rm -f %%s; mke2fs -q -F %s %%s %uM", options, mib);
    if (world_run(w, command))
        abort();
    w->size = (size_t)mib << 20;
    w->image = malloc(w->size);
    world_load(w);
    w->disk = (struct pv_disk){ .sectors = w->size / 512, .granularity = 1, .read = disk_read,
                                .write = disk_write,
                                .flush = disk_flush };
}

void world_free(struct world *w)
{
    for (size_t i = 0; i < w->writes; i++)
        free(w->log[i].bytes);
    free(w->log);
    free(w->image);
    unlink(w->path);
}

int world_mount(struct world *w, bool writable)
{
    current = w;
    return pv_ext4_mount("/m", &w->disk, writable);
}

int world_umount(struct world *w)
{
    current = w;
    return pv_ext4_umount("/m");
}

/* ---- files ---- */

int world_open(struct world *w, const char *path, int flags, struct pv_file *f)
{
    *f = (struct pv_file){ .flags = flags, .refs = 1 };
    return w->ops->open(w->fs, path, flags, 0644, f);
}

int world_write_file(struct world *w, const char *path, const void *bytes, size_t len, int flags)
{
    struct pv_file f;
    int rc = world_open(w, path, O_WRONLY | flags, &f);
    ssize_t n;

    if (rc)
        return rc;
    n = len ? f.ops->write(&f, bytes, len) : 0;
    f.ops->close(&f);
    return n < 0 ? (int)n : (size_t)n == len ? 0 : -ENOSPC;
}

long world_read_file(struct world *w, const char *path, void *bytes, size_t size)
{
    struct pv_file f;
    int rc = world_open(w, path, O_RDONLY, &f);
    ssize_t n;

    if (rc)
        return rc;
    n = f.ops->read ? f.ops->read(&f, bytes, size) : -EISDIR;
    f.ops->close(&f);
    return n;
}

int world_claim(struct world *w, const char *path, struct pv_file *f)
{
    struct pv_disk *disk;
    int rc = world_open(w, path, O_RDONLY, f);

    if (rc)
        return rc;
    w->claimed = f;
    rc = pv_ext4_claim(3, true, &disk);
    if (rc)
        f->ops->close(f);
    return rc ? rc : disk == &w->disk ? 0 : -EINVAL;
}

void world_release(struct world *w, struct pv_file *f)
{
    pv_ext4_release(3, true);
    w->claimed = NULL;
    f->ops->close(f);
}

int world_discard(uint64_t sector, uint64_t sectors)
{
    uint64_t done = 0, part;
    int rc = 0;

    for (; rc == 0 && done < sectors; done += part)
        rc = pv_ext4_discard(3, sector + done, sectors - done, &part);
    return rc;
}

static uint32_t seed = 1;

void world_seed(uint32_t s)
{
    seed = s ? s : 1;
}

uint32_t world_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}
