/*
 * The domain's end, and the requests of its operator.
 */
#ifndef PV_SCHED_H
#define PV_SCHED_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>

/* Ends the domain with a SHUTDOWN_* reason, at once: buffered stdio is not written (exit() does that). */
void pv_shutdown(unsigned int reason) __attribute__((noreturn));

/* Starts a thread that waits for words in control/shutdown ("poweroff", "reboot", "halt", "suspend"),
 * announces the ones that the kit's users commonly obey (control/feature-poweroff, -reboot), acknowledges
 * each by emptying the key, and calls fn with it. 0 or a negative error. Without a store: -ENOTCONN. */
int pv_shutdown_watch(void (*fn)(const char *request));

#endif
