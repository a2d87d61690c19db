/*
 * pv/net.h: the TCP/IP stack (lwIP): its interfaces and their addresses. Programs use sockets
 * (<sys/socket.h>) on top; lwIP's own functions are there too (link with -llwip), to be called with the
 * stack's lock held. Threads only. Errors are negative newlib numbers.
 */
#ifndef PV_NET_H
#define PV_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netif;
struct pbuf;

/* Starts the stack, once; all calls do it themselves. 0 or -ENOMEM. */
int pv_net_init(void);

/* The lock around everything of lwIP's that is not a socket, netconn or netifapi call. Whoever holds it must
 * not wait. */
void pv_net_lock(void);
void pv_net_unlock(void);

/* Opens the domain's interface device/vif/HANDLE, adds it to the stack and gives it an address: `address`
 * ("10.0.0.5/24", a gateway may follow after a space), else what the configuration's `ip=` says, else one by
 * DHCP, also after the backend was gone. Without a prefix /24 is meant, without a gateway the network's first
 * address. Waits for the address, at most until deadline_ns. -ENOENT no such interface; -EINVAL the address;
 * -ETIMEDOUT no backend, or no address yet (the interface is there and goes on trying if *netif is not NULL);
 * as pv_netfront_open(). */
int pv_net_vif(unsigned handle, const char *address, uint64_t deadline_ns, struct netif **netif);

/* The same as servers want it: waits for an address as long as it takes, and says so on the console, where
 * it also tells what is wrong. 0, or an error that waiting does not mend. */
int pv_net_up(unsigned handle, const char *address, struct netif **netif);

/* ---- interfaces of one's own making ---- */

enum {
    PV_NET_CHECKSUM = 1,    /* output() takes TCP without a checksum */
    PV_NET_IPV6 = 2,        /* IPv6 too; without it such frames are dropped */
};

struct pv_net_device {
    uint8_t mac[6];
    uint16_t mtu;           /* 1500 */
    unsigned flags;
    /* Sends a frame: copies it, or keeps a pbuf_ref(); must not wait; the lock is held. checksum_start is not
     * 0: the checksum's field, so many bytes behind the start'th byte of the frame, holds the sum of the
     * pseudo header, and everything from there on is to be added. 0; -ENOBUFS. */
    int (*output)(void *arg, struct pbuf *p, unsigned checksum_start, unsigned checksum_offset);
    void *arg;
};

/* Adds an interface, which is up, with its link down. The first one becomes the default for routes. -ENOMEM.
 * The lock must not be held here and below. */
int pv_net_add(const struct pv_net_device *device, struct netif **netif);
void pv_net_remove(struct netif *netif);
void pv_net_set_link(struct netif *netif, bool up);
/* While the link is down. */
void pv_net_set_mac(struct netif *netif, const uint8_t mac[6]);

/* Memory for a frame that comes in: one piece. NULL: the budget is used up, the frame is to be dropped. */
struct pbuf *pv_net_frame(size_t bytes);

/* A frame has come in; takes the reference. verified: its TCP or UDP checksum need not be looked at (it may
 * even be missing). */
void pv_net_input(struct netif *netif, struct pbuf *p, bool verified);

/* ---- addresses ---- */

/* "10.0.0.5/24 10.0.0.1" as for pv_net_vif(). -EINVAL. */
int pv_net_static(struct netif *netif, const char *address);
int pv_net_dhcp(struct netif *netif);

/* Waits until the interface has an IPv4 address. 0 or -ETIMEDOUT. */
int pv_net_wait(struct netif *netif, uint64_t deadline_ns);

/* Its IPv4 address as text ("0.0.0.0": none), and its gateway's. Returns buf, at least 16 bytes. */
char *pv_net_address(struct netif *netif, char *buf);
char *pv_net_gateway(struct netif *netif, char *buf);

/* Sets name server 0 or 1. -EINVAL. */
int pv_net_name_server(unsigned which, const char *address);

/* Sees every IPv4 packet before the stack (p->payload is at the IP header; the lock is held); true: it took
 * the packet and its reference. One at a time, NULL for none. */
void pv_net_filter(bool (*fn)(struct pbuf *p, struct netif *input));

/* Bytes of frames and data in memory now, and the most that there may be. */
void pv_net_memory(size_t *bytes_used, size_t *bytes_most);

#endif
