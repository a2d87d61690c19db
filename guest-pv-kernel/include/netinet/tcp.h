/* Options of TCP sockets (level IPPROTO_TCP). */
#ifndef PV_NETINET_TCP_H
#define PV_NETINET_TCP_H

#define TCP_NODELAY 0x01
#define TCP_KEEPALIVE 0x02      /* milliseconds of silence before the first probe */
#define TCP_KEEPIDLE 0x03       /* the same in seconds */
#define TCP_KEEPINTVL 0x04      /* seconds between probes */
#define TCP_KEEPCNT 0x05        /* probes before the connection is given up */

#endif
