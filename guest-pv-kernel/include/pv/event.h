/*
 * Event channels. A handler runs from the upcall, on the interrupted stack, with upcalls masked: it may wake
 * a queue, set a flag, send an event or write to the console without waiting; it must not wait or take a
 * mutex. All functions may be called from threads and, except close and the bind functions, from handlers.
 * Errors are negative newlib numbers.
 */
#ifndef PV_EVENT_H
#define PV_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

typedef void pv_event_fn(evtchn_port_t port, void *arg);

/* Each returns the local port (positive) with `fn` attached and the port unmasked, or a negative error. */
int pv_event_alloc_unbound(domid_t remote, pv_event_fn *fn, void *arg);
int pv_event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, pv_event_fn *fn, void *arg);
int pv_event_bind_virq(unsigned int virq, pv_event_fn *fn, void *arg);
int pv_event_bind_pirq(unsigned int pirq, bool will_share, pv_event_fn *fn, void *arg);
int pv_event_bind_ipi(pv_event_fn *fn, void *arg);

/* Attaches a handler to a port that exists already (from start_info) and unmasks it. Returns the port;
 * -EINVAL for a port beyond the table, -EBUSY if it has a handler. */
int pv_event_bind_port(evtchn_port_t port, pv_event_fn *fn, void *arg);

/* Notifies the other end. 0 or a negative error. */
int pv_event_send(evtchn_port_t port);

/* Whether the other end is bound to the port still; false for a port that has no other end. */
bool pv_event_has_peer(evtchn_port_t port);

/* A masked port stays pending without an upcall; unmasking delivers what came meanwhile. */
void pv_event_mask(evtchn_port_t port);
void pv_event_unmask(evtchn_port_t port);

/* Detaches the handler and closes the port. 0 or a negative error. */
int pv_event_close(evtchn_port_t port);

/* Upcalls off and on, for data that threads share with handlers. disable returns whether they were on;
 * restore(true) turns them on and takes what is pending at once. Keep such stretches short. */
bool pv_upcalls_disable(void);
void pv_upcalls_restore(bool were_on);

#endif
