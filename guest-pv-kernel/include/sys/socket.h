/*
 * Sockets of the kit's TCP/IP stack (pv/net.h): IPv4 and IPv6, TCP, UDP and raw. They are descriptors:
 * read(), write(), close(), fcntl() with O_NONBLOCK, poll() and select() work on them. Threads only.
 */
#ifndef PV_SYS_SOCKET_H
#define PV_SYS_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef uint8_t sa_family_t;
typedef uint32_t socklen_t;

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define PF_UNSPEC AF_UNSPEC
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3

#define SOMAXCONN 255

struct sockaddr {
    uint8_t sa_len;
    sa_family_t sa_family;
    char sa_data[14];
};

/* Room for an address of any family. */
struct sockaddr_storage {
    uint8_t s2_len;
    sa_family_t ss_family;
    char s2_data1[2];
    uint32_t s2_data2[6];
};

/* Levels and options of getsockopt() and setsockopt(). */
#define SOL_SOCKET 0xfff
#define SO_REUSEADDR 0x0004
#define SO_ACCEPTCONN 0x0002
#define SO_KEEPALIVE 0x0008
#define SO_BROADCAST 0x0020
#define SO_LINGER 0x0080
#define SO_RCVBUF 0x1002            /* UDP and raw: bytes that wait at most */
#define SO_SNDTIMEO 0x1005          /* struct timeval */
#define SO_RCVTIMEO 0x1006          /* struct timeval */
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_NO_CHECK 0x100a
#define SO_BINDTODEVICE 0x100b      /* an interface's name, "en0" */

struct linger {
    int l_onoff;
    int l_linger;                   /* seconds */
};

/* Flags of send() and recv(). */
#define MSG_PEEK 0x01
#define MSG_TRUNC 0x04              /* in msg_flags */
#define MSG_CTRUNC 0x08             /* in msg_flags */
#define MSG_DONTWAIT 0x08
#define MSG_MORE 0x10
#define MSG_NOSIGNAL 0x20           /* there are no signals */

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

struct msghdr {
    void *msg_name;
    socklen_t msg_namelen;
    struct iovec *msg_iov;
    int msg_iovlen;
    void *msg_control;              /* control data is neither sent nor received */
    socklen_t msg_controllen;
    int msg_flags;
};

struct cmsghdr {
    socklen_t cmsg_len;
    int cmsg_level;
    int cmsg_type;
};

#ifdef __cplusplus
extern "C" {
#endif

int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t len);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *address, socklen_t *len);
int connect(int fd, const struct sockaddr *address, socklen_t len);
int shutdown(int fd, int how);
int getpeername(int fd, struct sockaddr *address, socklen_t *len);
int getsockname(int fd, struct sockaddr *address, socklen_t *len);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
ssize_t recv(int fd, void *buf, size_t len, int flags);
ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
ssize_t send(int fd, const void *data, size_t len, int flags);
ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);

#ifdef __cplusplus
}
#endif

#endif
