/* pv/netfront.h: a domain's network interfaces: raw frames. The frontend connects to its backend by the store
 * and reconnects when the backend goes away and comes back. Threads only, but for what is said. Errors are
 * negative newlib numbers. */
#ifndef PV_NETFRONT_H
#define PV_NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pv_netfront;

/* Opens interface number `handle` (device/vif/HANDLE) and waits until it is connected, at most until
 * deadline_ns of system time. -ENOENT no such interface; -EINVAL its MAC address; -ETIMEDOUT no backend, or
 * one that does not copy frames; -EBUSY it is open; -ENOMEM. */
int pv_netfront_open(unsigned handle, uint64_t deadline_ns, struct pv_netfront **net);
void pv_netfront_close(struct pv_netfront *net);

/* The one that the tools gave last: an interface that went and came back may have another. */
const uint8_t *pv_netfront_mac(const struct pv_netfront *net);
/* The address that the configuration gave (`ip=`), as text; NULL: none. */
const char *pv_netfront_address(const struct pv_netfront *net);

/* Sends one frame (14 to 1514 bytes, else -EMSGSIZE; copied). Waits for room; -ENOTCONN while there is no
 * backend. */
int pv_netfront_send(struct pv_netfront *net, const void *frame, size_t bytes);

/* Takes the next frame that has come: its bytes in buf[0..size) (cut if longer; a backend that segments for
 * us sends up to 65535, and leaves checksums blank). Waits until the deadline: -ETIMEDOUT. */
ssize_t pv_netfront_receive(struct pv_netfront *net, void *buf, size_t size, uint64_t deadline_ns);

#endif
