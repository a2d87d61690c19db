/* sockets_abi.h: the kit's own socket headers, which lwIP is compiled with, and lwIP's names of its
 * functions. */
#ifndef PV_LWIP_SOCKETS_ABI_H
#define PV_LWIP_SOCKETS_ABI_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "lwip/err.h"
#include "lwip/inet.h"
#include "lwip/ip_addr.h"
#include "lwip/netif.h"

#define SIN_ZERO_LEN 8
#define IP4ADDR_SOCKADDR_SET_LEN(sin) ((sin)->sin_len = sizeof(*(sin)))
#define IP6ADDR_SOCKADDR_SET_LEN(sin6) ((sin6)->sin6_len = sizeof(*(sin6)))
#define IPADDR_SOCKADDR_GET_LEN(address) ((address)->sa.sa_len)
#define LWIP_SELECT_MAXNFDS FD_SETSIZE
#ifndef IOV_MAX
#define IOV_MAX 1024
#endif

#define IFNAMSIZ NETIF_NAMESIZE
struct ifreq {
    char ifr_name[IFNAMSIZ];
};

#define lwip_socket_init()
int lwip_accept(int s, struct sockaddr *address, socklen_t *len);
int lwip_bind(int s, const struct sockaddr *address, socklen_t len);
int lwip_shutdown(int s, int how);
int lwip_getpeername(int s, struct sockaddr *address, socklen_t *len);
int lwip_getsockname(int s, struct sockaddr *address, socklen_t *len);
int lwip_getsockopt(int s, int level, int name, void *value, socklen_t *len);
int lwip_setsockopt(int s, int level, int name, const void *value, socklen_t len);
int lwip_close(int s);
int lwip_connect(int s, const struct sockaddr *address, socklen_t len);
int lwip_listen(int s, int backlog);
ssize_t lwip_recv(int s, void *buf, size_t len, int flags);
ssize_t lwip_read(int s, void *buf, size_t len);
ssize_t lwip_readv(int s, const struct iovec *iov, int count);
ssize_t lwip_recvfrom(int s, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len);
ssize_t lwip_recvmsg(int s, struct msghdr *message, int flags);
ssize_t lwip_send(int s, const void *data, size_t len, int flags);
ssize_t lwip_sendmsg(int s, const struct msghdr *message, int flags);
ssize_t lwip_sendto(int s, const void *data, size_t len, int flags, const struct sockaddr *to,
                    socklen_t to_len);
int lwip_socket(int domain, int type, int protocol);
ssize_t lwip_write(int s, const void *data, size_t len);
ssize_t lwip_writev(int s, const struct iovec *iov, int count);
int lwip_poll(struct pollfd *fds, nfds_t count, int timeout);
int lwip_ioctl(int s, long request, void *arg);
int lwip_fcntl(int s, int command, int value);
const char *lwip_inet_ntop(int family, const void *from, char *to, socklen_t size);
int lwip_inet_pton(int family, const char *from, void *to);

#endif
