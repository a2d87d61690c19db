/*
 * The domain's console: a shared ring in a domU, console_io with VIRQ_CONSOLE in the initial domain. newlib's
 * stdin, stdout and stderr are this console.
 */
#ifndef PV_CONSOLE_H
#define PV_CONSOLE_H

#include <stddef.h>
#include <pv/thread.h>

/* Writes all of it; a newline becomes CR LF. When the ring is full the calling thread waits for room, so
 * nothing is lost. From a handler or before threads run, it asks the hypervisor for a while instead. */
void pv_console_write(const void *data, size_t len);

/* Takes up to len bytes of input without waiting; the number taken, possibly 0. Bytes are as they were
 * typed: the Enter key sends a carriage return. read() on stdin turns that into a newline and waits. */
size_t pv_console_read(void *data, size_t len);

/* Woken when there may be input. */
extern struct pv_waitq pv_console_input;

/* A report that must get out: to the hypervisor's log by console_io, and into the ring as far as there is
 * room. Never waits, allocates nothing, works at any time. Formats: %s %c %d %u %x %lx %lu %ld %p %%, with
 * width and leading zero. */
void pv_console_emergency(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Reports `fmt` with a backtrace and crashes the domain (SHUTDOWN_crash). */
void pv_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
