/* consolefile.c: the console as an open file: what stdin, stdout and stderr are. */
#include "internal.h"
#include "vfs/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <pv/console.h>

/* Waits for input and returns what there is. The Enter key's carriage return becomes a newline. */
static ssize_t console_read(struct pv_file *f, void *buf, size_t len)
{
    char *p = buf;
    size_t n, i;

    if (len == 0)
        return 0;
    while ((n = pv_console_read(buf, len)) == 0) {
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        pv_wait(&pv_console_input, UINT64_MAX);
    }
    for (i = 0; i < n; i++)
        if (p[i] == '\r')
            p[i] = '\n';
    return (ssize_t)n;
}

static ssize_t console_write(struct pv_file *f, const void *buf, size_t len)
{
    (void)f;
    pv_console_write(buf, len);
    return (ssize_t)len;
}

static int console_fstat(struct pv_file *f, struct stat *st)
{
    (void)f;
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFCHR | 0600;
    st->st_nlink = 1;
    st->st_blksize = 1024;
    return 0;
}

const struct pv_file_ops pv_console_file_ops = {
    .read = console_read,
    .write = console_write,
    .fstat = console_fstat,
};
