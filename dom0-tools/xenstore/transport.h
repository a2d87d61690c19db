/*
 * Transports: what carries the bytes of a connection. A ring page of a domain (or of our own, for this
 * domain's client) and an event channel. Needs the kit; everything runs in the store's thread but the event
 * handler.
 */
#ifndef XENSTORE_TRANSPORT_H
#define XENSTORE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <pv/thread.h>

struct store;
struct conn;

/* Woken when a transport has something to do. */
extern struct pv_waitq transport_work;

/* Maps the domain's ring page (its frame; if that fails, its reserved grant), binds the port, opens the
 * connection. 0, or a negative errno with nothing left behind. */
int transport_open(struct store *s, domid_t domid, uint64_t mfn, evtchn_port_t remote_port);

/* The same for a page of this domain, whose client is to be bound to the port that this returns (or a
 * negative errno: nothing was left behind). */
int transport_open_local(struct store *s, void *page);

/* Ends the domain's connection, unbinds and unmaps. */
void transport_close(struct store *s, domid_t domid);

/* The connection has something to send, or must be looked at again. */
void transport_wake(struct conn *c);

/* Gives each transport that has something to do one turn of bounded length. Returns until when the thread
 * may wait for transport_work: 0 there is more to do at once, UINT64_MAX for as long as it takes. */
uint64_t transport_run(struct store *s);

#endif
