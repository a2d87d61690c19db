/*
 * A log: the last bytes that a domain has written. Pure.
 *
 * Positions count all bytes ever written. The buffer doubles as it fills, up to CONSOLE_LOG_BYTES, so that
 * an idle domain costs next to nothing; then, or without memory, the oldest bytes are pushed out.
 */
#ifndef CONSOLE_LOG_H
#define CONSOLE_LOG_H

#include <stddef.h>
#include <stdint.h>

struct console_log {
    char *data;                         /* NULL while nothing was written */
    size_t size;                        /* a power of two, at most CONSOLE_LOG_BYTES */
    uint64_t start, end;                /* positions of the oldest byte kept, and behind the newest */
};

void console_log_init(struct console_log *log);
void console_log_free(struct console_log *log);
void console_log_append(struct console_log *log, const char *data, size_t len);

/* Reads from *pos on, or from the oldest byte if that was pushed out; *pos moves behind what was read.
 * *lost (may be NULL) gets the number of bytes skipped. Returns bytes copied. */
size_t console_log_read(const struct console_log *log, uint64_t *pos, char *buf, size_t len, uint64_t *lost);

#endif
