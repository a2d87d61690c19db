/*
 * Draining the rings: the daemon's thread.
 *
 * A console that has something to say waits in a queue and gets one turn, of one ringful at most, before
 * the next has its own; so a domain that floods its console delays nobody. Beyond its allowance it is held
 * back: not drained and not listened to for a while, until it waits for its own ring.
 */
#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/grant_table.h>
#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>

/* What a domain may print: a burst (a long boot log), then so much a second. */
#define BURST_BYTES    (256u * 1024u)
#define BYTES_A_SECOND (1024u * 1024u)
/* A domain that has used it up waits until it may print that much again. */
#define HOLD_BYTES     (16u * 1024u)

/* A follower that is that far behind slows the domain down, if it has read something within that time. */
#define LAG_BYTES      (CONSOLE_LOG_BYTES / 2)
#define LAG_PATIENCE   PV_NS_PER_SEC
#define LAG_RETRY      (10 * PV_NS_PER_MS)

/* A domain that rings that often in a row without a word is not listened to for a while: each ring costs us
 * an upcall. */
#define IDLE_KICKS     16u
#define REST_NS        (10 * PV_NS_PER_MS)

static struct pv_waitq work = PV_WAITQ_INIT;
static struct console_list ready = TAILQ_HEAD_INITIALIZER(ready);
static struct console *kicked;          /* filled by the event handler, emptied by the thread */

static void on_event(evtchn_port_t port, void *arg)
{
    struct console *c = arg;

    (void)port;
    if (!c->kicked) {
        c->kicked = true;
        c->kick_next = kicked;
        kicked = c;
    }
    pv_wake(&work);
}

static void enqueue(struct console *c)
{
    if (c->queued)
        return;
    c->queued = true;
    TAILQ_INSERT_TAIL(&ready, c, ready_link);
}

static void collect_kicked(void)
{
    bool were_on = pv_upcalls_disable();
    struct console *c = kicked, *next;

    kicked = NULL;
    for (; c; c = next) {
        next = c->kick_next;
        c->kicked = false;
        c->rang = true;
        enqueue(c);
    }
    pv_upcalls_restore(were_on);
}

void console_queue(struct console *c)
{
    c->news = true;
    enqueue(c);
    pv_wake(&work);
}

void console_unqueue(struct console *c)
{
    collect_kicked();
    if (c->queued)
        TAILQ_REMOVE(&ready, c, ready_link);
    c->queued = false;
}

static void close_ring(struct console *c)
{
    if (c->port)
        pv_event_close(c->port);
    c->port = 0;
    console_unqueue(c);
    if (c->ring.page && c->by_grant)
        pv_grant_unmap(c->ring.page, 1);
    else if (c->ring.page)
        pv_unmap(c->ring.page, 1);
    c->ring.page = NULL;
    free(c->input);
    c->input = NULL;
    c->input_len = 0;
    c->held_until = 0;
}

/* The domain has broken its ring. Its log stays, and says so. */
static void stop(struct console *c)
{
    static const char remark[] = "\r\n[console stopped: an index of the domain's ring cannot be true]\r\n";

    c->stopped = true;
    close_ring(c);
    console_log_append(&c->log, remark, sizeof(remark) - 1);
    printf("console: domain %u (%s): an index of its ring cannot be true; its console is stopped\n", c->domid,
           c->name);
    console_queue(c);
}

void console_push_input(struct console *c)
{
    int n;

    if (c->stopped || !c->alive || c->input_len == 0)
        return;
    n = console_ring_give(&c->ring, c->input, c->input_len);
    if (n < 0) {
        stop(c);
        return;
    }
    if (n == 0)
        return;
    c->input_len -= (size_t)n;
    memmove(c->input, c->input + n, c->input_len);
    c->news = true;
    pv_event_send(c->port);
}

/* The allowance as of now. */
static void refill(struct console *c, uint64_t now)
{
    uint64_t ms = (now - c->allowed_ns) / PV_NS_PER_MS;

    if (ms == 0)
        return;
    c->allowed_ns += ms * PV_NS_PER_MS;
    if (ms > 1000)
        ms = 1000;
    c->allowance += ms * (BYTES_A_SECOND / 1000);
    if (c->allowance > BURST_BYTES)
        c->allowance = BURST_BYTES;
}

static bool follower_lags(const struct console *c, uint64_t now)
{
    const struct console_attachment *a;

    LIST_FOREACH(a, &c->attachments, link)
        if (c->log.end - a->pos > LAG_BYTES && now - a->read_ns < LAG_PATIENCE)
            return true;
    return false;
}

/* Decides whether the console is drained now; if not, held_until says when to look again. */
static bool may_drain(struct console *c, uint64_t now)
{
    if (now < c->held_until)
        return false;
    c->held_until = 0;
    refill(c, now);
    if (c->allowance == 0)
        c->held_until = now + (uint64_t)HOLD_BYTES * PV_NS_PER_SEC / BYTES_A_SECOND;
    else if (follower_lags(c, now))
        c->held_until = now + LAG_RETRY;
    return c->held_until == 0;
}

static void set_masked(struct console *c, bool masked)
{
    if (c->masked == masked)
        return;
    c->masked = masked;
    if (masked)
        pv_event_mask(c->port);
    else
        pv_event_unmask(c->port);
}

/* Takes at most a ringful. The number of bytes, or a negative errno when the console had to be stopped. */
static int drain(struct console *c)
{
    char buf[sizeof(c->ring.page->out)];
    int n = console_ring_take(&c->ring, buf, sizeof(buf));

    if (n < 0) {
        stop(c);
        return n;
    }
    if (n > 0) {
        console_log_append(&c->log, buf, (size_t)n);
        c->allowance -= (uint64_t)n < c->allowance ? (uint64_t)n : c->allowance;
        c->news = true;
        pv_event_send(c->port);
    }
    return n;
}

static void tell_followers(struct console *c)
{
    struct console_attachment *a, *next;

    c->news = false;
    for (a = LIST_FIRST(&c->attachments); a; a = next) {
        next = LIST_NEXT(a, link);
        if (a->notify)
            a->notify(a->arg);
    }
}

/* Drains an open console, or sees to it that it is looked at again when it may be drained. */
static void serve_ring(struct console *c, uint64_t now)
{
    bool rang = c->rang;

    c->rang = false;
    if (may_drain(c, now)) {
        set_masked(c, false);
        if (drain(c) > 0)
            enqueue(c);
        if (c->news)
            c->idle_kicks = 0;
        else if (rang && ++c->idle_kicks > IDLE_KICKS)
            c->held_until = now + REST_NS;
    }
    if (!c->stopped && c->held_until != 0) {
        set_masked(c, true);
        enqueue(c);
    }
}

/* One console's turn. What it has left to say, or what holds it back, is found out by queueing it again. */
static void serve(struct console *c, uint64_t now)
{
    if (c->alive && !c->stopped)
        console_push_input(c);
    if (c->alive && !c->stopped)
        serve_ring(c, now);
    if (c->news)
        tell_followers(c);
}

uint64_t console_turn(void)
{
    struct console mark = { .queued = true }, *c;
    uint64_t now = pv_now_ns(), deadline = UINT64_MAX;

    collect_kicked();
    TAILQ_INSERT_TAIL(&ready, &mark, ready_link);
    while ((c = TAILQ_FIRST(&ready)) != &mark) {
        TAILQ_REMOVE(&ready, c, ready_link);
        c->queued = false;
        serve(c, now);
    }
    TAILQ_REMOVE(&ready, &mark, ready_link);
    TAILQ_FOREACH(c, &ready, ready_link)
        if (c->held_until < deadline)
            deadline = c->held_until;
    return deadline;
}

void console_run(void *arg)
{
    (void)arg;
    for (;;) {
        uint64_t deadline = console_turn();

        if (deadline == 0)
            pv_yield();
        else
            pv_wait(&work, deadline);
    }
}

static int open_ring(struct console *c, xen_pfn_t mfn, evtchn_port_t remote_port)
{
    grant_ref_t ref = GNTTAB_RESERVED_CONSOLE;
    void *page = pv_map_frames(c->domid, &mfn, 1, true, NULL);
    int rc;

    if (!page) {
        page = pv_grant_map(c->domid, &ref, 1, true, NULL);
        c->by_grant = true;
    }
    if (!page)
        return -EINVAL;
    console_ring_open(&c->ring, page);
    rc = pv_event_bind_interdomain(c->domid, remote_port, on_event, c);
    if (rc < 0)
        return rc;
    c->port = (evtchn_port_t)rc;
    return 0;
}

int console_domain_add(domid_t domid, const char *name, xen_pfn_t mfn, evtchn_port_t remote_port)
{
    struct console *c;
    int rc;

    if (console_live(domid))
        return -EEXIST;
    c = console_new(domid, name);
    if (!c)
        return -ENOMEM;
    rc = open_ring(c, mfn, remote_port);
    if (rc) {
        close_ring(c);
        console_free(c);
        return rc;
    }
    c->born_ns = c->allowed_ns = pv_now_ns();
    c->allowance = BURST_BYTES;
    console_queue(c);
    return (int)c->id;
}

/* The last words are taken whatever the allowance; a ringful is all there can be. */
void console_domain_gone(domid_t domid)
{
    struct console *c = console_live(domid);

    if (!c)
        return;
    if (!c->stopped)
        drain(c);
    close_ring(c);
    c->alive = false;
    c->died_ns = pv_now_ns();
    console_queue(c);
    console_bury();
}
