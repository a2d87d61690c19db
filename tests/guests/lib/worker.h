/* worker.h: a second vcpu that calls functions beside us, for races. It takes no events; a trap there ends
 * the domain. A kernel that uses it asks for two vcpus in its configuration. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>

/* Starts vcpu 1 if that has not been done. False if there is none. */
bool worker_start(void);

/* Has it call fn(arg), and does not wait. fn may only do hypercalls and touch memory. */
void worker_begin(void (*fn)(void *), void *arg);

/* Waits until it has returned. False after some seconds. */
bool worker_end(void);

/* Stops it for good. */
void worker_stop(void);

#endif
