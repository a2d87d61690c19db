/*
 * net.h: an interface as the measured guest uses it: frames whose contents are prepared lie in granted
 * pages and are sent from there, small ones or large ones of many pages with a size for their segments;
 * what comes is looked at in place. So the guest's own part is as small as the protocol allows.
 *
 * A frame is Ethernet, IPv4 and UDP (a large one: TCP), with the checksum left to the backend. UDP's and
 * TCP's destination port says what it is.
 */
#ifndef ENSO_BENCH_NET_H
#define ENSO_BENCH_NET_H

#include <stdbool.h>
#include <stdint.h>

#define NET_HEADERS_UDP 42u             /* Ethernet, IPv4, UDP */
#define NET_HEADERS_TCP 54u
#define NET_PACKET_MAX  1500u           /* bytes of an IP packet that is not large */
#define NET_LARGE       (60u << 10)     /* bytes of a large frame's payload */
#define NET_SEGMENT     1460u

enum { PORT_CONTROL = 9000, PORT_STREAM, PORT_ECHO };

/* What the two ends tell each other on PORT_CONTROL. Little endian. */
enum {
    SAY_WHO = 1,        /* to everybody */
    SAY_HERE,           /* ... the answer; a: 1 from outside of the machine */
    SAY_BEGIN,          /* a stream begins: acknowledge each `a` bytes of payload */
    SAY_READY,
    SAY_ACK,            /* a: bytes of the stream that have come */
    SAY_SEND,           /* stream to me: a packets of b bytes; acknowledged as a stream of its own */
};
#define NET_MAGIC 0x6f736e45u
struct net_message {
    uint32_t magic, what, a, b;
};

/* Opens interface 0. 0, or it has said what failed. */
int net_open(void);

/* Where to send to. */
void net_set_peer(const uint8_t mac[6]);

/* Prepares the pages for packets of so many bytes to a port (from IP's header on); 0: large frames. */
void net_prepare(unsigned bytes, unsigned port);

/* Sends one of what was prepared; a message. Waits for room. */
void net_send(void);
void net_say(uint32_t what, uint32_t a, uint32_t b);
/* A message to everybody. */
void net_call(uint32_t what);

/* What has come. */
struct net_arrival {
    unsigned port;              /* 0: nothing of ours */
    unsigned payload;           /* bytes behind UDP's or TCP's header */
    unsigned packet;            /* bytes from IP's header on */
    uint8_t from[6];
    struct net_message message; /* PORT_CONTROL */
};

/* The next frame: true. False: there is none now; the pages of what was looked at are the backend's again. */
bool net_take(struct net_arrival *a);

/* Waits for the backend; false after some seconds. */
bool net_wait(void);

/* Frames that the backend did not want. */
extern uint64_t net_errors;

#endif
