/*
 * The console daemon: it drains the console ring of every domain into a log, keeps the logs of dead
 * domains, and lets the shell read a log, follow it and type into it.
 *
 * Logs are named by a log id, because names and (on Xen) domids are used again while an old log is still
 * kept: ids count up from 1 and are never used twice. A position in a log is the number of bytes that the
 * domain had written before it: it only grows, so a reader that remembers its position can tell what it has
 * missed.
 *
 * All functions may be called from any thread, none from an event handler, and none of them blocks. Bytes are
 * handed out as the domain wrote them; whoever prints them decides about control characters.
 */
#ifndef CONSOLED_H
#define CONSOLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of output kept for each domain; older ones are pushed out. Memory grows with what is really kept. */
#define CONSOLE_LOG_BYTES   (64u * 1024u)
/* Logs of dead domains kept; the one that died first is pushed out by the next. */
#define CONSOLE_DEAD_MAX    32u
/* Bytes typed ahead that wait for room in a domain's input ring. */
#define CONSOLE_INPUT_BYTES 4096u
/* Longest name of a domain with its NUL; longer ones are cut. */
#define CONSOLE_NAME_MAX    80u

/* Starts the daemon's thread. Call it once, before any domain is added. 0; -ENOMEM; -EEXIST called before. */
int consoled_start(void);

/*
 * Opens the log of a new domain, maps its console ring and binds its event channel. The toolstack calls it
 * after the ring page has been built and before the domain is unpaused, so that nothing is missed.
 *   domid        the domain
 *   name         copied; shown in listings and accepted by console_find()
 *   mfn          machine frame of the ring page (struct xencons_interface), owned by the domain
 *   remote_port  the domain's unbound port, allocated for this domain
 * returns  the log id, above 0; -EEXIST the domain has a live console; -ENOMEM; or what mapping the frame or
 *          binding the port answered (negative errno)
 */
int console_domain_add(domid_t domid, const char *name, xen_pfn_t mfn, evtchn_port_t remote_port);

/*
 * The domain is being destroyed or no longer exists: what its ring still holds is taken, the ring is
 * unmapped, the port closed, the log marked dead and kept. Call it before XEN_DOMCTL_destroydomain, or the
 * mapping would hold the frame and with it the domain. Does nothing for a domain without a console.
 */
void console_domain_gone(domid_t domid);

/* Gives the log of a live domain another name. 0; -ENOENT the domain has no live console. */
int console_domain_rename(domid_t domid, const char *name);

/*
 * Adds text that did not come through the ring (lines that the domain printed with console_io, remarks of the
 * toolstack) to the log of a live domain, or of the one that died last with this domid.
 * 0; -ENOENT there is no log for the domain; -ENOMEM.
 */
int console_append(domid_t domid, const char *text, size_t len);

struct console_info {
    uint32_t id;                    /* log id */
    domid_t  domid;
    bool     alive;                 /* false: the domain is gone, this is what it left */
    bool     stopped;               /* it broke its ring: nothing is read from or written to it any more */
    bool     held_back;             /* the domain prints faster than its allowance and is being slowed down */
    uint32_t attached;              /* number of attachments */
    uint64_t start;                 /* position of the oldest byte that is kept */
    uint64_t end;                   /* position behind the newest byte: all that was ever printed */
    uint64_t born_ns, died_ns;      /* pv_now_ns() then; died_ns is 0 while alive */
    char     name[CONSOLE_NAME_MAX];
};

/* Describes up to max logs, the oldest first; returns how many there are, which may be more than max. */
size_t console_list(struct console_info *out, size_t max);

/* Describes one log. 0; -ENOENT. */
int console_get(uint32_t id, struct console_info *out);

/*
 * Finds a log by the name of its domain or by a decimal domid. A live domain comes before dead ones, the one
 * that died last before those that died earlier, a domid before a name of digits.
 * returns  the log id, above 0; -ENOENT
 */
int console_find(const char *name_or_domid);

/*
 * Reads a log from *pos on, without attaching. If *pos has been pushed out, reading begins at the oldest byte
 * that is kept. *pos then stands behind what was read.
 * returns  bytes copied, 0 at the end; -ENOENT the log is gone
 */
ssize_t console_read_at(uint32_t id, uint64_t *pos, void *buf, size_t len);

/* Drops the log of a dead domain. 0; -ENOENT; -EBUSY the domain is alive or somebody is attached. */
int console_forget(uint32_t id);

/* Drops the logs of all dead domains that nobody is attached to; returns how many. */
size_t console_forget_dead(void);

/*
 * Somebody who follows a log. Called in the daemon's thread when there may be something new: output
 * arrived, room for input appeared, the domain died. It must be short and must not block: it wakes the
 * follower (pv_wake()), which then calls the functions below until they return 0.
 */
typedef void console_notify_fn(void *arg);

struct console_attachment;

/*
 * Attaches to a log. Any number of attachments may exist; a log that has one is never pushed out. While a
 * follower keeps reading but falls behind, the domain is slowed down rather than its output lost; a
 * follower that has read nothing for a second is not waited for.
 *   from_start  true: reading begins at the oldest byte that is kept; false: with what comes next
 *   notify      may be NULL
 * returns 0 and *out; -ENOENT no such log; -ENOMEM
 */
int console_attach(uint32_t id, bool from_start, console_notify_fn *notify, void *arg,
                   struct console_attachment **out);

/*
 * The next output for this follower. *lost (may be NULL) receives how many bytes before the returned ones
 * were pushed out unread. returns bytes copied; 0 nothing new yet; -EPIPE the domain is gone and everything
 * was read
 */
ssize_t console_attached_read(struct console_attachment *a, void *buf, size_t len, uint64_t *lost);

/*
 * Types into the domain's console. returns the bytes accepted, fewer than len (also 0) when the domain is
 * slow to read: wait for the notification and go on; -EPIPE the domain is gone; -EIO its ring is broken
 */
ssize_t console_attached_write(struct console_attachment *a, const void *buf, size_t len);

/* Ends an attachment and frees it. */
void console_detach(struct console_attachment *a);

#ifdef __cplusplus
}
#endif

#endif
