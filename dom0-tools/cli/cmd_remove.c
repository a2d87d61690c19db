/* cmd_remove.c: rm, mkdir, rmdir, touch, truncate. */
#include "handlers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <pv/vfs.h>

#include "names.h"
#include "number.h"
#include "report.h"
#include "terminal.h"

#define PATH_BYTES 1024
#define DEPTH_MAX  64

/* ---- rm ---- */

static int remove_tree(char *path, unsigned depth);

/* Removes the directory's first entry; 1 if there was one. Then it is read
 * anew: removing moves what follows. */
static int remove_first(char *path, unsigned depth)
{
    size_t length = strlen(path);
    DIR *dir = opendir(path);
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return -errno;
    while ((entry = readdir(dir)) != NULL &&
           (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
        continue;
    if (entry &&
        snprintf(path + length, PATH_BYTES - length, "/%s", entry->d_name) >= (int)(PATH_BYTES - length))
        rc = -ENAMETOOLONG;
    closedir(dir);
    if (!entry)
        return 0;
    if (rc == 0)
        rc = remove_tree(path, depth + 1);
    if (rc == 0)
        path[length] = '\0';
    return rc ? rc : 1;
}

/* On failure `path` names what could not be removed. */
static int remove_tree(char *path, unsigned depth)
{
    struct stat st;
    int rc;

    if (terminal_interrupted())
        return -EINTR;
    if (lstat(path, &st))
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return unlink(path) ? -errno : 0;
    if (depth > DEPTH_MAX)
        return -ELOOP;
    while ((rc = remove_first(path, depth)) > 0)
        continue;
    return rc ? rc : rmdir(path) ? -errno : 0;
}

int cmd_rm(const struct command_call *call)
{
    bool force = call_has(call, "-f");
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];
        int rc;

        names_path(call->words[i], path, sizeof(path));
        rc = call_has(call, "-r") ? remove_tree(path, 0) : unlink(path) ? -errno : 0;
        if (rc == -EINTR)
            return STATUS_INTERRUPTED;
        if (rc && !(force && rc == -ENOENT))
            status = report_failure(call, path, rc, rc == -EISDIR ? "rm -r removes directories" : NULL,
                                    "cannot remove it");
    }
    return status;
}

/* ---- directories ---- */

/* All of the path's directories. */
static int make_all(char *path)
{
    struct stat st;

    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        int rc;

        *slash = '\0';
        rc = stat(path, &st) && mkdir(path, 0755) ? -errno : 0;
        *slash = '/';
        if (rc)
            return rc;
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : mkdir(path, 0755) ? -errno : 0;
}

int cmd_mkdir(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];
        int rc;

        names_path(call->words[i], path, sizeof(path));
        rc = call_has(call, "-p") ? make_all(path) : mkdir(path, 0755) ? -errno : 0;
        if (rc)
            status = report_failure(call, call->words[i], rc, NULL, "cannot make it");
    }
    return status;
}

int cmd_rmdir(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];

        if (rmdir(names_path(call->words[i], path, sizeof(path))))
            status = report_failure(call, call->words[i], -errno, NULL, "cannot remove it");
    }
    return status;
}

/* ---- files ---- */

static int touch_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);

    if (fd < 0)
        return errno == EISDIR && utime(path, NULL) == 0 ? 0 : -errno;
    close(fd);
    return utime(path, NULL) ? -errno : 0;
}

int cmd_touch(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];
        int rc = touch_file(names_path(call->words[i], path, sizeof(path)));

        if (rc)
            status = report_failure(call, call->words[i], rc, NULL, "cannot write it");
    }
    return status;
}

static int set_size(const char *path, uint64_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644), rc;

    if (fd < 0)
        return -errno;
    rc = ftruncate(fd, (off_t)size) ? -errno : 0;
    close(fd);
    return rc;
}

/* 512, 10K, 2G */
static bool parse_size(const char *text, uint64_t *size)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *size = strtoull(text, &end, 10);
    if (errno || (*end && end[1]))
        return false;
    unit = *end ? strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end) : NULL;
    if (*end && !unit)
        return false;
    return !unit || !__builtin_mul_overflow(*size, 1ULL << 10 * (unit - units + 1), size);
}

int cmd_truncate(const struct command_call *call)
{
    const char *text = call_value(call, "-s");
    int status = STATUS_OK;
    uint64_t size;

    if (!text)
        return report_usage(call->command, "-s SIZE is needed");
    if (!parse_size(text, &size) || size > INT64_MAX)
        return report_usage(call->command, "`%s` is no size, such as 512M", text);
    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];
        int rc = set_size(names_path(call->words[i], path, sizeof(path)), size);

        if (rc)
            status =
                report_failure(call, call->words[i], rc, rc == -EBUSY ? "a domain has it as a disk" : NULL,
                               "cannot give it this size");
    }
    return status;
}
