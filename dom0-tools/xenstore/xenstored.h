/*
 * The store daemon as the rest of the control domain sees it.
 *
 * Everybody, the control domain's own threads included, talks to the store through the wire protocol
 * (pv/xenbus.h in the kit); the few functions here start it, tell it about dying domains, and say what the
 * protocol does not. All of them may be called from any thread, none of them from an event handler, and none
 * of them blocks.
 */
#ifndef XENSTORED_H
#define XENSTORED_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Starts the store: an empty tree, a thread that serves it, VIRQ_DOM_EXC, and a ring page with a loop-back
 * event channel that is handed to pv_xenbus_attach(), so that pv_xs_*() work in this domain when the call
 * returns.
 *
 * Call it once, early in main, before anybody uses pv_xs_*(), in the initial domain only (on Enso or on Xen).
 * The store owns VIRQ_DOM_EXC: whoever wants to know of dying domains watches @releaseDomain.
 * /tool/xenstored and /local/domain/0/{domid,name} exist afterwards, nothing else.
 *
 * returns  0; -ENOMEM no memory for the ring page or the thread; -EEXIST called before; or what the event
 *          channel calls answered (negative errno)
 */
int xenstored_start(void);

/*
 * The domain no longer exists: its connection, watches and transactions are dropped, every node that it
 * owns is deleted (with what is below), its quota record goes, permissions that name it stop counting, and
 * @releaseDomain fires. The toolstack calls it right after XEN_DOMCTL_destroydomain succeeded; without the
 * call the same happens at the VIRQ_DOM_EXC that follows. A domain that was never introduced may be passed:
 * what it owned goes, @releaseDomain does not fire. Does nothing for domain 0 and for reserved domids.
 *
 * The work is done by the store's thread; whoever needs to see its result sends any request afterwards
 * (requests that are sent later than this call are answered after it took effect).
 */
void xenstore_domain_gone(domid_t domid);

/*
 * Looks at every introduced domain (getdomaininfo) as at a VIRQ_DOM_EXC: @releaseDomain fires for one that
 * has newly shut down, dies or is gone; the last is released too. Only needed where that virq cannot be
 * relied on.
 */
void xenstore_check_domains(void);

/*
 * Whether a domain watches a path (absolute) or something below it: false for a domain that is not
 * connected.
 */
bool xenstore_is_watched(domid_t domid, const char *path);

/* How many requests it has made; 0 for a domain that is not connected. */
uint64_t xenstore_requests(domid_t domid);

#ifdef __cplusplus
}
#endif

#endif
