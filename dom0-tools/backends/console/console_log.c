/*
 * A log: a ring buffer that grows up to its limit.
 */
#include "console_log.h"

#include "consoled.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 2048u

void console_log_init(struct console_log *log)
{
    memset(log, 0, sizeof(*log));
}

void console_log_free(struct console_log *log)
{
    free(log->data);
    memset(log, 0, sizeof(*log));
}

static void copy_out(const struct console_log *log, uint64_t pos, char *buf, size_t len)
{
    size_t at = (size_t)(pos & (log->size - 1));
    size_t first = log->size - at < len ? log->size - at : len;

    memcpy(buf, log->data + at, first);
    memcpy(buf + first, log->data, len - first);
}

static void copy_in(struct console_log *log, const char *data, size_t len)
{
    size_t at = (size_t)(log->end & (log->size - 1));
    size_t first = log->size - at < len ? log->size - at : len;

    memcpy(log->data + at, data, first);
    memcpy(log->data, data + first, len - first);
    log->end += len;
}

/* Gets room for `want` bytes in all, as far as limit and memory allow. */
static void grow(struct console_log *log, uint64_t want)
{
    size_t size = log->size ? log->size : FIRST_BYTES;
    size_t kept = (size_t)(log->end - log->start);
    struct console_log larger;

    while (size < want && size < CONSOLE_LOG_BYTES)
        size *= 2;
    if (size == log->size)
        return;
    larger = (struct console_log){ .size = size, .start = log->start, .end = log->start };
    larger.data = malloc(size);
    if (!larger.data)
        return;
    while (kept > 0) {
        size_t at = (size_t)(larger.end & (log->size - 1));
        size_t n = log->size - at < kept ? log->size - at : kept;

        copy_in(&larger, log->data + at, n);
        kept -= n;
    }
    free(log->data);
    *log = larger;
}

void console_log_append(struct console_log *log, const char *data, size_t len)
{
    uint64_t kept = log->end - log->start;

    if (kept + len > log->size)
        grow(log, kept + len);
    if (log->size == 0) {
        log->end += len;                /* not even the first buffer: the text is lost, the count is not */
        log->start = log->end;
        return;
    }
    if (len > log->size) {
        log->end += len - log->size;
        data += len - log->size;
        len = log->size;
    }
    copy_in(log, data, len);
    if (log->end - log->start > log->size)
        log->start = log->end - log->size;
}

size_t console_log_read(const struct console_log *log, uint64_t *pos, char *buf, size_t len, uint64_t *lost)
{
    uint64_t skipped = *pos < log->start ? log->start - *pos : 0;

    if (lost)
        *lost = skipped;
    *pos += skipped;
    if (*pos > log->end)
        *pos = log->end;
    if (len > log->end - *pos)
        len = (size_t)(log->end - *pos);
    if (len > 0)
        copy_out(log, *pos, buf, len);
    *pos += len;
    return len;
}
