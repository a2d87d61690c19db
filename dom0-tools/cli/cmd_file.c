/* cmd_file.c: ls and cat, over the kit's file tree. */
#include "handlers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pv/vfs.h>

#include "names.h"
#include "report.h"
#include "terminal.h"

#define PATH_BYTES 1024

/* `path` is of a symbolic link: where it leads, or nothing. */
static void put_target(const char *path)
{
    char target[256];
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    if (n < 0)
        return;
    printf(" -> ");
    terminal_write(target, (size_t)n);
}

static void put_entry(const char *shown, const char *path, const struct stat *st, bool in_long)
{
    bool folder = S_ISDIR(st->st_mode);
    char date[24] = "";
    struct tm tm;

    if (in_long) {
        if (gmtime_r(&st->st_mtime, &tm))
            strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
        printf("%c %10" PRIu64 " %16s %s%s", folder ? 'd' : S_ISLNK(st->st_mode) ? 'l' : '-',
               folder ? 0 : (uint64_t)st->st_size, date, shown, folder ? "/" : "");
        if (S_ISLNK(st->st_mode))
            put_target(path);
        printf("\n");
    } else {
        printf("%s%s\n", shown, folder ? "/" : "");
    }
}

/* Names of a folder, sorted; malloc'ed array of malloc'ed strings. The count, or -errno. */
static int read_folder(const char *path, char ***names)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    *names = NULL;
    if (!dir)
        return -errno;
    while ((entry = readdir(dir)) != NULL) {
        char **grown;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        grown = realloc(*names, ((size_t)count + 1) * sizeof(**names));
        if (!grown)
            break;
        *names = grown;
        grown[count] = strdup(entry->d_name);
        if (!grown[count])
            break;
        count++;
    }
    closedir(dir);
    return count;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(const char *path, bool in_long)
{
    char full[PATH_BYTES], **names;
    struct stat st;
    int count = read_folder(path, &names);

    if (count > 1)
        qsort(names, (size_t)count, sizeof(*names), by_text);
    for (int i = 0; i < count; i++) {
        size_t length = (size_t)snprintf(full, sizeof(full), "%s/%s", path, names[i]);

        if (length < sizeof(full) && lstat(full, &st) == 0)
            put_entry(names[i], full, &st, in_long);
        free(names[i]);
    }
    free(names);
    return count < 0 ? count : 0;
}

static int list_path(const struct command_call *call, const char *typed)
{
    char path[PATH_BYTES];
    struct stat st;
    int rc = 0;

    if (stat(names_path(typed, path, sizeof(path)), &st))
        rc = -errno;
    else if (S_ISDIR(st.st_mode))
        rc = list_folder(path, call_has(call, "-l"));
    else
        put_entry(typed, path, &st, call_has(call, "-l"));
    if (rc)
        return report_failure(call, typed, rc, "`ls /` lists what there is", "cannot list it");
    return STATUS_OK;
}

int cmd_ls(const struct command_call *call)
{
    int status = STATUS_OK;

    if (call->count == 0)
        return list_path(call, "/");
    for (size_t i = 0; i < call->count; i++) {
        int one = list_path(call, call->words[i]);

        status = one ? one : status;
    }
    return status;
}

static int print_file(const char *path)
{
    char bytes[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY), rc = 0;

    if (fd < 0)
        return -errno;
    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
        terminal_write(bytes, (size_t)n);
        if (terminal_interrupted()) {
            rc = -EINTR;
            break;
        }
    }
    if (n < 0)
        rc = -errno;
    close(fd);
    return rc;
}

int cmd_cat(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        char path[PATH_BYTES];
        int rc = print_file(names_path(call->words[i], path, sizeof(path)));

        if (rc == -EINTR)
            return STATUS_INTERRUPTED;
        if (rc)
            status = report_failure(call, call->words[i], rc, "`ls` lists the files", "cannot read it");
    }
    return status;
}
