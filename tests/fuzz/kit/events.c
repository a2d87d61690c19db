/* events.c: event channels. Handlers run at moments when upcalls are on, on the stack of whoever is
 * interrupted. */
#include <errno.h>
#include <string.h>

#include "kit.h"

#define PORTS 32u
#define FIRST 8u

static struct { pv_event_fn *fn; void *arg; bool used, pending, masked; } ports[PORTS];
static bool upcalls_off, in_handler;

void (*kit_notified)(evtchn_port_t port);

static void deliver(void)
{
    if (upcalls_off || in_handler)
        return;
    in_handler = true;
    for (unsigned i = 0; i < PORTS; i++) {
        if (ports[i].used && ports[i].pending && !ports[i].masked) {
            ports[i].pending = false;
            ports[i].fn(i, ports[i].arg);
        }
    }
    in_handler = false;
}

void kit_event(evtchn_port_t port)
{
    if (port >= PORTS || !ports[port].used)
        return;
    ports[port].pending = true;
    deliver();
}

evtchn_port_t kit_port(unsigned n)
{
    unsigned open = 0;

    for (unsigned i = 0; i < PORTS; i++)
        open += ports[i].used;
    if (open == 0)
        return 0;
    n %= open;
    for (unsigned i = 0; i < PORTS; i++)
        if (ports[i].used && n-- == 0)
            return i;
    return 0;
}

static int bind(pv_event_fn *fn, void *arg)
{
    kit_moment();
    if (in_handler)
        kit_wrong("a handler binds a port");
    if (kit_fails())
        return -ENOSPC;
    for (unsigned i = FIRST; i < PORTS; i++) {
        if (ports[i].used)
            continue;
        memset(&ports[i], 0, sizeof(ports[i]));
        ports[i].fn = fn;
        ports[i].arg = arg;
        ports[i].used = true;
        return (int)i;
    }
    kit_wrong("more than %u ports", PORTS - FIRST);
}

int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg)
{
    if (remote != KIT_PEER && remote != DOMID_SELF)
        kit_wrong("a port for d%u", remote);
    return bind(fn, arg);
}

int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg)
{
    if (remote != KIT_PEER)
        kit_wrong("a port of d%u", remote);
    return remote_port == 0 || remote_port > 64 ? -EINVAL : bind(fn, arg);
}

int pv_event_send(evtchn_port_t port)
{
    kit_moment();
    if (port >= PORTS || !ports[port].used)
        kit_wrong("an event is sent by port %u, which is closed", port);
    if (kit_notified)
        kit_notified(port);
    return 0;
}

/* A peer closes its port as it likes. */
bool pv_event_has_peer(evtchn_port_t port)
{
    if (port >= PORTS || !ports[port].used)
        kit_wrong("port %u is asked for, which is closed", port);
    return kit_byte() & 7;
}

void pv_event_mask(evtchn_port_t port)
{
    ports[port].masked = true;
}

void pv_event_unmask(evtchn_port_t port)
{
    ports[port].masked = false;
    deliver();
}

int pv_event_close(evtchn_port_t port)
{
    kit_moment();
    if (port >= PORTS || !ports[port].used)
        kit_wrong("port %u is closed twice", port);
    ports[port].used = false;
    return 0;
}

bool pv_upcalls_disable(void)
{
    bool on = !upcalls_off;

    upcalls_off = true;
    return on;
}

void pv_upcalls_restore(bool were_on)
{
    upcalls_off = !were_on;
    if (were_on)
        deliver();
    kit_moment();
}

void kit_start(void)
{
    upcalls_off = in_handler = false;
    kit_notified = NULL;
    kit_memory_start();
    kit_threads_start();
}

void kit_end(void)
{
    if (upcalls_off)
        kit_wrong("upcalls are off");
    kit_threads_end();
    kit_memory_end();
    for (unsigned i = 0; i < PORTS; i++)
        if (ports[i].used)
            kit_wrong("port %u is left open", i);
}
