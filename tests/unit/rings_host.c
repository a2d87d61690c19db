/* rings_host.c: see rings_host.h. */
#include "rings_host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/time.h>

void *rings_page[RINGS_DOMAINS];
bool rings_by_frame[RINGS_DOMAINS], rings_by_grant[RINGS_DOMAINS], rings_frames_refused;
bool rings_masked[RINGS_DOMAINS];
unsigned int rings_sent[RINGS_DOMAINS];
uint64_t rings_now = 1000000000;

static pv_event_fn *handlers[RINGS_DOMAINS];
static void *handler_args[RINGS_DOMAINS];

/* ---- pages ---- */

void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    (void)writable;
    (void)errs;
    if (rings_frames_refused || n != 1 || mfns[0] != RINGS_FRAME(domid) || !rings_page[domid])
        return NULL;
    rings_by_frame[domid] = true;
    return rings_page[domid];
}

void *pv_grant_map(domid_t domid, const grant_ref_t *refs, size_t n, bool writable, int *err)
{
    (void)writable;
    (void)err;
    if (n != 1 || refs[0] != GNTTAB_RESERVED_XENSTORE || !rings_page[domid])
        return NULL;
    rings_by_grant[domid] = true;
    return rings_page[domid];
}

static int owner(const void *page)
{
    int i = 0;

    while (i < RINGS_DOMAINS && rings_page[i] != page)
        i++;
    assert_in_range(i, 0, RINGS_DOMAINS - 1);
    return i;
}

void pv_unmap(void *p, size_t n)
{
    assert_int_equal(n, 1);
    rings_by_frame[owner(p)] = false;
}

int pv_grant_unmap(void *p, size_t n)
{
    assert_int_equal(n, 1);
    rings_by_grant[owner(p)] = false;
    return 0;
}

/* ---- events ---- */

static int bind(int port, pv_event_fn *fn, void *arg)
{
    handlers[port] = fn;
    handler_args[port] = arg;
    rings_masked[port] = false;
    return port;
}

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    return remote_port == RINGS_PORT ? bind(remote, fn, arg) : -EINVAL;
}

int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg)
{
    assert_int_equal(remote, DOMID_SELF);
    return bind(RINGS_OWN, fn, arg);
}

bool rings_is_bound(int port)
{
    return handlers[port] != NULL;
}

void rings_kick(int port)
{
    if (handlers[port] && !rings_masked[port])
        handlers[port]((evtchn_port_t)port, handler_args[port]);
}

int pv_event_send(evtchn_port_t port)
{
    rings_sent[port]++;
    return 0;
}

void pv_event_mask(evtchn_port_t port)
{
    rings_masked[port] = true;
}

void pv_event_unmask(evtchn_port_t port)
{
    rings_masked[port] = false;
}

int pv_event_close(evtchn_port_t port)
{
    handlers[port] = NULL;
    return 0;
}

bool pv_upcalls_disable(void)
{
    return true;
}

void pv_upcalls_restore(bool were_on)
{
    (void)were_on;
}

/* ---- time and threads: the test itself takes the turns ---- */

uint64_t pv_now_ns(void)
{
    return rings_now;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack;
    (void)arg;
    return (struct pv_thread *)(uintptr_t)fn;
}

void pv_yield(void)
{
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    (void)q;
    (void)deadline;
    return true;
}
