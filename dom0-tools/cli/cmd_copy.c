/* cmd_copy.c: cp and mv. */
#include "handlers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/vfs.h>

#include "names.h"
#include "report.h"
#include "terminal.h"

#define PATH_BYTES  1024
#define BUFFER_PAGES 64         /* 256 KiB at a time */
#define DEPTH_MAX   32

struct copy {
    const struct command_call *call;
    char *buffer;
    bool recursive;
    int status;
};

static int fail(struct copy *c, const char *path, int rc, const char *what)
{
    c->status = rc == -EINTR ? STATUS_INTERRUPTED : report_failure(c->call, path, rc, NULL, "%s", what);
    return rc;
}

/* Holes stay holes: blocks of zeros are not written. */
static bool is_zero(const char *bytes, size_t n)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static int put(int to, const char *bytes, size_t n)
{
    if (n == BUFFER_PAGES * PV_PAGE_SIZE && is_zero(bytes, n))
        return lseek(to, (off_t)n, SEEK_CUR) < 0 ? -errno : 0;
    while (n) {
        ssize_t done = write(to, bytes, n);

        if (done < 0)
            return -errno;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

static int copy_bytes(struct copy *c, int from, int to)
{
    ssize_t n;
    int rc = 0;

    while (rc == 0 && (n = read(from, c->buffer, BUFFER_PAGES * PV_PAGE_SIZE)) != 0) {
        rc = n < 0 ? -errno : put(to, c->buffer, (size_t)n);
        pv_yield();
        if (terminal_interrupted())
            rc = -EINTR;
    }
    if (rc == 0 && ftruncate(to, lseek(to, 0, SEEK_CUR)))       /* a hole at the end */
        rc = -errno;
    return rc;
}

/* An interrupted or failed copy leaves nothing half. */
static int copy_file(struct copy *c, const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY), out, rc;

    if (in < 0)
        return fail(c, from, -errno, "cannot read it");
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);
    if (out < 0) {
        rc = fail(c, to, -errno, "cannot write it");
        close(in);
        return rc;
    }
    rc = copy_bytes(c, in, out);
    close(in);
    close(out);
    if (rc) {
        unlink(to);
        fail(c, to, rc, "cannot be copied");
    }
    return rc;
}

static int copy_any(struct copy *c, const char *from, const char *to, unsigned depth);

static int copy_children(struct copy *c, const char *from, const char *to, unsigned depth)
{
    char *path = malloc(2 * PATH_BYTES), *other = path + PATH_BYTES;
    DIR *dir = path ? opendir(from) : NULL;
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        rc = fail(c, from, path ? -errno : -ENOMEM, "cannot read it");
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(path, PATH_BYTES, "%s/%s", from, entry->d_name) >= PATH_BYTES ||
            snprintf(other, PATH_BYTES, "%s/%s", to, entry->d_name) >= PATH_BYTES)
            rc = fail(c, from, -ENAMETOOLONG, "cannot be copied");
        else
            rc = copy_any(c, path, other, depth + 1);
    }
    if (dir)
        closedir(dir);
    free(path);
    return rc;
}

static int copy_link(struct copy *c, const char *from, const char *to)
{
    char target[PATH_BYTES];
    ssize_t n = readlink(from, target, sizeof(target) - 1);

    if (n < 0)
        return fail(c, from, -errno, "cannot read it");
    target[n] = '\0';
    return symlink(target, to) ? fail(c, to, -errno, "cannot make it") : 0;
}

static int copy_any(struct copy *c, const char *from, const char *to, unsigned depth)
{
    struct stat st, other;

    if (depth ? lstat(from, &st) : stat(from, &st))
        return fail(c, from, -errno, "cannot copy it");
    if (S_ISLNK(st.st_mode))
        return copy_link(c, from, to);
    if (!S_ISDIR(st.st_mode))
        return copy_file(c, from, to, st.st_mode);
    if (!c->recursive)
        return fail(c, from, -EISDIR, "cp -r copies directories");
    if (depth > DEPTH_MAX)
        return fail(c, from, -ELOOP, "its directories are too deep");
    if (mkdir(to, 0755) && !(errno == EEXIST && stat(to, &other) == 0 && S_ISDIR(other.st_mode)))
        return fail(c, to, -errno, "cannot make it");
    return copy_children(c, from, to, depth);
}

/* ---- where to ---- */

/* `to`, or the name of `from` in it if it is a directory. */
static int target_of(const char *from, const char *to, char path[PATH_BYTES])
{
    size_t end = strlen(from), start;
    struct stat st;

    if (stat(to, &st) || !S_ISDIR(st.st_mode))
        return snprintf(path, PATH_BYTES, "%s", to) < PATH_BYTES ? 0 : -ENAMETOOLONG;
    while (end > 1 && from[end - 1] == '/')
        end--;
    for (start = end; start && from[start - 1] != '/'; start--)
        continue;
    return snprintf(path, PATH_BYTES, "%s/%.*s", to, (int)(end - start), from + start) < PATH_BYTES
               ? 0
               : -ENAMETOOLONG;
}

/* Itself, or a directory into itself. */
static bool is_within(const char *from, const char *to)
{
    size_t length = strlen(from);

    return strncmp(from, to, length) == 0 && (to[length] == '/' || to[length] == '\0');
}

static int check_target(const struct command_call *call, const char *to)
{
    struct stat st;

    if (call->count > 2 && (stat(to, &st) || !S_ISDIR(st.st_mode)))
        return report_failure(call, call->words[call->count - 1], -ENOTDIR, NULL,
                              "several files need a directory");
    return STATUS_OK;
}

static bool begin(struct copy *c, const struct command_call *call)
{
    *c = (struct copy){ .call = call, .buffer = pv_pages_alloc(BUFFER_PAGES), .status = STATUS_OK };
    if (!c->buffer)
        fail(c, NULL, -ENOMEM, "no memory");
    return c->buffer != NULL;
}

/* Calls move() for each source and its target. */
static int for_each(struct copy *c, int (*move)(struct copy *c, const char *from, const char *to))
{
    const struct command_call *call = c->call;
    char from[PATH_BYTES], to[PATH_BYTES], target[PATH_BYTES];
    int rc = 0, status;

    names_path(call->words[call->count - 1], to, sizeof(to));
    status = check_target(call, to);
    for (size_t i = 0; status == STATUS_OK && rc != -EINTR && i + 1 < call->count; i++) {
        names_path(call->words[i], from, sizeof(from));
        rc = target_of(from, to, target);
        if (rc)
            fail(c, call->words[i], rc, "the name is too long");
        else if (is_within(from, target))
            rc = fail(c, call->words[i], -EINVAL, "it cannot go into itself");
        else
            rc = move(c, from, target);
    }
    pv_pages_free(c->buffer, BUFFER_PAGES);
    return status ? status : c->status;
}

static int copy_one(struct copy *c, const char *from, const char *to)
{
    return copy_any(c, from, to, 0);
}

int cmd_cp(const struct command_call *call)
{
    struct copy c;

    if (!begin(&c, call))
        return c.status;
    c.recursive = call_has(call, "-r");
    return for_each(&c, copy_one);
}

/* Another file system: the file is copied, and removed when that is there. */
static int move_one(struct copy *c, const char *from, const char *to)
{
    struct stat st;
    int rc;

    if (rename(from, to) == 0)
        return 0;
    if (errno != EXDEV)
        return fail(c, from, -errno, "cannot move it");
    if (stat(from, &st) == 0 && S_ISDIR(st.st_mode))
        return fail(c, from, -EXDEV, "directories are copied to other file systems by cp -r");
    rc = copy_any(c, from, to, 0);
    if (rc == 0 && unlink(from))
        rc = fail(c, from, -errno, "it was copied, but cannot be removed");
    return rc;
}

int cmd_mv(const struct command_call *call)
{
    struct copy c;

    return begin(&c, call) ? for_each(&c, move_one) : c.status;
}
