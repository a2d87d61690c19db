/*
 * Client of the store. Calls block the calling thread until the answer has come; several threads may have
 * requests under way at once. Paths without a leading slash are relative to the domain's own directory.
 * Errors are negative newlib numbers: what the store answered (-ENOENT, -EACCES, -EAGAIN, -ENOSPC, ...),
 * -E2BIG for a request beyond the protocol's limits, -EIO for a store that broke the protocol (from then on
 * every call answers -EIO), -ENOTCONN before there is a store.
 */
#ifndef PV_XENBUS_H
#define PV_XENBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/xs_wire.h>
#include <pv/thread.h>

/* No transaction. */
#define PV_XS_NIL 0

struct pv_iovec {
    const void *base;
    size_t len;
};

/* Connects a domU to the ring of its start_info. 0, also if connected already; -ENOTCONN in the initial
 * domain until pv_xenbus_attach(). The calls below do it themselves at first use. */
int pv_xenbus_init(void);

/* Gives the client a ring page (mapped, zeroed indices) and the local port that notifies the store. For
 * the initial domain, which sets up its own ring. 0; -EBUSY if there is one already; -ENOMEM. */
int pv_xenbus_attach(void *ring_page, evtchn_port_t port);

/* *value: malloc'd, with a NUL byte behind it that *len (may be NULL) does not count. */
int pv_xs_read(uint32_t tx, const char *path, char **value, size_t *len);
int pv_xs_write(uint32_t tx, const char *path, const void *value, size_t len);
int pv_xs_mkdir(uint32_t tx, const char *path);
int pv_xs_rm(uint32_t tx, const char *path);

/* *names: one malloc'd block of n pointers followed by their strings; one free() releases all. Directories
 * of any size are read (in parts where the store has that). */
int pv_xs_directory(uint32_t tx, const char *path, char ***names, size_t *n);

/* Permissions in the wire's text: "n0", "r3", one string each; get's block is as for pv_xs_directory. */
int pv_xs_get_perms(uint32_t tx, const char *path, char ***perms, size_t *n);
int pv_xs_set_perms(uint32_t tx, const char *path, const char *const *perms, size_t n);

/* printf into a value (below 512 bytes, else -E2BIG); scanf-like reading of one unsigned number (decimal),
 * -EINVAL if it is none. */
int pv_xs_printf(uint32_t tx, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int pv_xs_read_u64(uint32_t tx, const char *path, uint64_t *value);

/* commit=false discards. -EAGAIN: somebody else changed what was read; start again. */
int pv_xs_transaction_start(uint32_t *tx);
int pv_xs_transaction_end(uint32_t tx, bool commit);

/* Runs `body` in a transaction, and again when somebody else has changed what it read. 0; what body returned
 * (nothing is written then); or what the store answered. */
int pv_xs_in_transaction(int (*body)(void *arg, uint32_t tx), void *arg);

/*
 * Single keys of a directory, as frontends, backends and tools read and write them. What others write may be
 * anything: texts are bounded by the store, numbers by the reader.
 */
#define PV_KEY_DIRECTORY 112        /* bytes of a directory's path, at the most, with its 0 */

/* 0: it is there; -ENOENT, or what else the store answers. */
int pv_key_look(uint32_t tx, const char *directory, const char *key);
bool pv_key_exists(const char *directory, const char *key);

/* malloc'd; NULL: there is none. */
char *pv_key_text(const char *directory, const char *key);

/* "" for none, and for one that has no room in `size` bytes. */
void pv_key_copy(const char *directory, const char *key, char *to, size_t size);

/* 0; what the store answered; -EINVAL no number, or above `most`. */
int pv_key_number(const char *directory, const char *key, uint64_t most, uint64_t *number);
uint64_t pv_key_number_or(const char *directory, const char *key, uint64_t otherwise);

/* What the store answered. */
int pv_key_put(uint32_t tx, const char *directory, const char *key, const char *value);
int pv_key_put_number(uint32_t tx, const char *directory, const char *key, uint64_t value);

/* The same; a key that is not there is cleared already. */
int pv_key_clear(uint32_t tx, const char *directory, const char *key);

/*
 * Watches. A watcher is a queue for the events of the watches that were set through it. Events for the same
 * path of one watch are joined while queued, and at most 256 wait on a queue: past that, the watch's own
 * path is delivered once, meaning "anything below may have changed".
 */
struct pv_xs_event;
struct pv_xs_watcher {
    struct pv_waitq waitq;
    struct pv_xs_event *first, *last;
    unsigned int queued;
};

void pv_xs_watcher_init(struct pv_xs_watcher *w);
int pv_xs_watch(struct pv_xs_watcher *w, const char *path, const char *token);
int pv_xs_unwatch(struct pv_xs_watcher *w, const char *path, const char *token);

/* Takes the next event: malloc'd path and token (either may be NULL if not wanted). 0; -ETIMEDOUT at
 * deadline_ns (system time, UINT64_MAX none); -EIO when the store is gone. */
int pv_xs_watch_next(struct pv_xs_watcher *w, uint64_t deadline_ns, char **path, char **token);

/* Whether pv_xs_watch_next() has an event at once: for who waits on the queue for other things too. `queued`
 * alone does not say it: what did not fit is not counted. */
bool pv_xs_watch_pending(const struct pv_xs_watcher *w);

/* Drops all watches and queued events of the watcher. */
void pv_xs_watcher_close(struct pv_xs_watcher *w);

/* Sends any request (XS_INTRODUCE, ...) made of n pieces. *reply (may be NULL): malloc'd payload with a NUL
 * byte behind it, *len its bytes. */
int pv_xs_request(uint32_t type, uint32_t tx, const struct pv_iovec *iov, size_t n, void **reply,
                  size_t *len);

#endif
