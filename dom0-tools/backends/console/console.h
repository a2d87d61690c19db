/*
 * Inside the console daemon: what a log is besides its bytes. Used by consoled.c (the logs, for everybody)
 * and drain.c (the rings, in the daemon's thread).
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <pv/thread.h>

#include "console_log.h"
#include "console_ring.h"
#include "consoled.h"

struct console_attachment {
    LIST_ENTRY(console_attachment) link;
    struct console *console;
    uint64_t pos;
    uint64_t read_ns;                   /* when it read last */
    console_notify_fn *notify;
    void *arg;
};

struct console {
    TAILQ_ENTRY(console) link;          /* in `consoles`, oldest first */
    TAILQ_ENTRY(console) ready_link;    /* in the queue of drain.c, when queued */
    struct console *kick_next;          /* in drain.c's list of kicked ones; upcalls off */
    bool kicked;                        /* upcalls off */
    bool queued;
    bool alive, stopped;
    bool masked;                        /* held back: its events are not even listened to */
    bool news;                          /* followers are to be told */
    bool rang;                          /* its domain has kicked since its last turn */
    bool by_grant;                      /* how the page is mapped */
    uint32_t id;
    domid_t domid;
    evtchn_port_t port;
    uint64_t born_ns, died_ns;
    unsigned int idle_kicks;            /* in a row, with nothing to take */
    uint64_t held_until;                /* 0, or when it is drained again */
    uint64_t allowance, allowed_ns;     /* bytes it may print at once, as of that time */
    struct console_ring ring;
    struct console_log log;
    char *input;                        /* CONSOLE_INPUT_BYTES, from the first key on */
    size_t input_len;
    LIST_HEAD(, console_attachment) attachments;
    char name[CONSOLE_NAME_MAX];
};

TAILQ_HEAD(console_list, console);
extern struct console_list consoles;

/* The live console of a domain, or NULL. */
struct console *console_live(domid_t domid);

/* A new log in the list; NULL without memory. */
struct console *console_new(domid_t domid, const char *name);

/* Takes a log out of the list and frees it. Nobody is attached, the ring is closed. */
void console_free(struct console *c);

/* Pushes out the oldest logs of dead domains beyond CONSOLE_DEAD_MAX. */
void console_bury(void);

/* --- drain.c --- */

/* Puts the console into the queue: to be drained, its followers to be told. */
void console_queue(struct console *c);

/* Takes it out of every queue. */
void console_unqueue(struct console *c);

/* Moves typed bytes into the domain's ring as far as there is room. */
void console_push_input(struct console *c);

/* One turn of the daemon: each queued console once. Returns the deadline until which the thread may sleep:
 * 0 there is more to do at once, UINT64_MAX none. */
uint64_t console_turn(void);

/* The daemon's thread. */
void console_run(void *arg);

#endif
