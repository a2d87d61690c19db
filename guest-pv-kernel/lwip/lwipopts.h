/*
 * lwipopts.h: what lwIP does in PV images. Its pools are static and bounded, kind by kind; frames and data
 * come from malloc within a budget (memory.c). Callers run the stack themselves, under its one lock; its own
 * thread has the timers.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* ---- threads ---- */
#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 0              /* threads are cooperative, and handlers never call lwIP */
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1
#define TCPIP_THREAD_NAME "tcpip"
#define TCPIP_THREAD_STACKSIZE 32768
#define DEFAULT_THREAD_STACKSIZE 32768
#define TCPIP_MBOX_SIZE 256
#define DEFAULT_ACCEPTMBOX_SIZE 256
#define DEFAULT_TCP_RECVMBOX_SIZE 512
#define DEFAULT_UDP_RECVMBOX_SIZE 128
#define DEFAULT_RAW_RECVMBOX_SIZE 32

/* ---- memory ---- */
#define MEM_ALIGNMENT 16
#define MEM_LIBC_MALLOC 1
#define MEM_SIZE (32 * 1024 * 1024)         /* not used: only that sizes become wide enough */
#define mem_clib_malloc pv_net_malloc
#define mem_clib_calloc pv_net_calloc
#define mem_clib_free pv_net_free
#define MEMP_NUM_NETCONN 240
#define MEMP_NUM_NETBUF 1024
#define MEMP_NUM_TCP_PCB 512
#define MEMP_NUM_TCP_PCB_LISTEN 64
#define MEMP_NUM_TCP_SEG 4096
#define MEMP_NUM_UDP_PCB 128
#define MEMP_NUM_RAW_PCB 16
#define MEMP_NUM_PBUF 1024
#define MEMP_NUM_REASSDATA 16
#define IP_REASS_MAX_PBUFS 128
#define MEMP_NUM_FRAG_PBUF 64
#define MEMP_NUM_ARP_QUEUE 256
#define MEMP_NUM_SYS_TIMEOUT 64
#define MEMP_NUM_NETDB 16
#define MEMP_NUM_TCPIP_MSG_API 32
#define MEMP_NUM_TCPIP_MSG_INPKT 32
#define PBUF_POOL_SIZE 8                    /* frames are PBUF_RAM of their own length */

/* ---- protocols ---- */
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_FORWARD 0
#define IPV6_FRAG_COPYHEADER 1               /* pointers do not fit where the header of a fragment was */
#define LWIP_IPV6_NUM_ADDRESSES 3
#define IP_FORWARD 0
#define LWIP_ARP 1
#define ARP_TABLE_SIZE 64
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 128                   /* a server is called by many at once through one router */
#define ETHARP_SUPPORT_STATIC_ENTRIES 1
#define LWIP_ICMP 1
#define LWIP_BROADCAST_PING 0
#define LWIP_RAW 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_DHCP 1
#define LWIP_AUTOIP 0
#define DHCP_DOES_ARP_CHECK 0               /* five seconds of every start otherwise */
#define LWIP_DNS 1
#define DNS_MAX_SERVERS 2
#define DNS_TABLE_SIZE 16
#define DNS_MAX_NAME_LENGTH 256
#define DNS_LOCAL_HOSTLIST 0
#define LWIP_DNS_SECURE \
    (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING | LWIP_DNS_SECURE_RAND_SRC_PORT)
#define LWIP_IGMP 0
#define ETH_PAD_SIZE 0
#define IP_SOF_BROADCAST 1                  /* broadcasts need SO_BROADCAST, as elsewhere */
#define IP_SOF_BROADCAST_RECV 0

/* ---- TCP ---- */
#define TCP_MSS 1460
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_WND (128 * 1024)
#define TCP_SND_BUF (128 * 1024)
#define TCP_SND_QUEUELEN 512
#define TCP_SNDLOWAT (8 * 1024)            /* below the least share of a socket (socket.c) */
#define TCP_LISTEN_BACKLOG 1
#define TCP_MSL 5000                        /* ms; TIME-WAIT is twice that */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1    /* one of them is about the pool that frames do not come from */
#define LWIP_TCP_SACK_OUT 1
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_BYTES(pcb) TCP_WND
#define TCP_OOSEQ_MAX_PBUFS(pcb) 256
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_HOOK_FILENAME "hooks.h"
#define LWIP_HOOK_TCP_ISN pv_net_sequence_number
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, length, first, second, p) pv_net_admit(pcb, p)
#define LWIP_HOOK_IP4_INPUT pv_net_ip4_hook

/* ---- interfaces ---- */
#define LWIP_NETIF_API 1
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK 1
#define LWIP_NETIF_LOOPBACK 1               /* packets to our own addresses */
#define LWIP_LOOPBACK_MAX_PBUFS 64
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NUM_NETIF_CLIENT_DATA 1
#define LWIP_SINGLE_NETIF 0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0             /* most interfaces have no use for sums */
#define LWIP_CHKSUM pv_net_checksum

/* ---- programs ---- */
#define LWIP_NETCONN 1
#define LWIP_SOCKET 1
#define LWIP_COMPAT_SOCKETS 0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SOCKET_EXTERNAL_HEADERS 1
#define LWIP_SOCKET_EXTERNAL_HEADER_SOCKETS_H "sockets_abi.h"
#define LWIP_SOCKET_EXTERNAL_HEADER_INET_H "inet_abi.h"
#define LWIP_DNS_API_DECLARE_STRUCTS 0      /* <netdb.h> has them, and the numbers */
#define LWIP_DNS_API_DEFINE_ERRORS 0
#define LWIP_DNS_API_DEFINE_FLAGS 0
#define LWIP_SOCKET_SELECT 0                /* ours, on poll */
#define LWIP_SOCKET_POLL 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_SO_RCVTIMEO 1
#define LWIP_SO_RCVBUF 1
#define RECV_BUFSIZE_DEFAULT (128 * 1024)  /* of a socket for datagrams */
#define LWIP_SO_LINGER 1
#define LWIP_FIONREAD_LINUXMODE 0
#define SO_REUSE 1

#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS 0
#define MEMP_STATS 1

#endif
