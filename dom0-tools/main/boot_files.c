/* boot_files.c: the boot archive lies in memory for ever, so mapping one of its
 * files is finding it. Others are read. */
#include "boot_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pv/memory.h>
#include <pv/start.h>
#include <pv/vfs.h>

#define PATH_BYTES 1024

#define SIZE_MAX_READ (1ULL << 30)

/* Reads a file that has no bytes in the archive (another file system), into
 * memory of its own: the heap is small. */
static int read_whole(int fd, size_t size, const void **bytes, size_t *length)
{
    char *copy = size > SIZE_MAX_READ ? NULL : pv_region_alloc(size ? size : 1);
    size_t done = 0;
    ssize_t n = 0;

    if (!copy)
        return size > SIZE_MAX_READ ? -EFBIG : -ENOMEM;
    while (done < size && (n = read(fd, copy + done, size - done)) > 0)
        done += (size_t)n;
    if (done < size) {          /* it failed, or the file has become shorter */
        n = n < 0 ? -errno : -EIO;
        pv_region_free(copy, size);
        return (int)n;
    }
    *bytes = copy;
    *length = size;
    return 0;
}

static int map_open(int fd, const void **bytes, size_t *length)
{
    struct stat st;

    if (fstat(fd, &st))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    *bytes = pv_vfs_map(fd, length);
    return *bytes ? 0 : read_whole(fd, (size_t)st.st_size, bytes, length);
}

int boot_file_map(const char *path, const void **bytes, size_t *length)
{
    char absolute[PATH_BYTES];
    int fd, rc;

    if (snprintf(absolute, sizeof(absolute), "%s%s", path[0] == '/' ? "" : "/", path) >= PATH_BYTES)
        return -ENAMETOOLONG;
    fd = open(absolute, O_RDONLY);
    if (fd < 0)
        return -errno;
    rc = map_open(fd, bytes, length);
    close(fd);
    return rc;
}

static bool in_archive(const void *bytes)
{
    size_t archive_length;
    const char *archive = pv_module(&archive_length);

    return archive && (uintptr_t)bytes - (uintptr_t)archive < archive_length;
}

void boot_file_unmap(const void *bytes, size_t length)
{
    if (!in_archive(bytes))
        pv_region_free((void *)(uintptr_t)bytes, length ? length : 1);
}
