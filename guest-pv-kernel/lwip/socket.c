/* socket.c: lwIP's sockets as descriptors. lwIP is compiled with our own headers and newlib's errno, so
 * nothing but the number of the socket is translated. */
#include "private.h"
#include "lwip/api.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/sockets.h"
#include "lwip/tcp.h"
#include "socket.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <pv/net.h>
#include <pv/vfs.h>

static const struct pv_file_ops socket_ops;

/* What lwIP puts into a mailbox for "closed". */
extern const u8_t netconn_closed;

/* What a descriptor's node is. It goes with the last call that uses it, if that comes after the descriptor's
 * end. */
struct pv_socket {
    int s;                  /* lwIP's number */
    unsigned int users;     /* calls under way */
    bool closed;
    bool nonblocking;       /* as lwIP knows it */
    bool bound;
    bool ended;             /* the other side has said all */
};

static int fail(int error)
{
    errno = error;
    return -1;
}

static struct pv_socket *begin(struct pv_file *f)
{
    struct pv_socket *k = f->node;
    bool nonblocking = (f->flags & O_NONBLOCK) != 0;

    k->users++;
    if (k->nonblocking != nonblocking) {
        k->nonblocking = nonblocking;
        lwip_fcntl(k->s, F_SETFL, nonblocking ? O_NONBLOCK : 0);
    }
    return k;
}

static struct pv_socket *begin_fd(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    if (f && f->ops == &socket_ops)
        return begin(f);
    errno = f ? ENOTSOCK : EBADF;
    return NULL;
}

static void destroy(struct pv_socket *k)
{
    lwip_close(k->s);
    free(k);
    pv_net_sockets--;
}

/* The result of the call is passed through. */
static ssize_t end(struct pv_socket *k, ssize_t result)
{
    int saved = errno;

    if (--k->users == 0 && k->closed)
        destroy(k);
    errno = saved;
    return result;
}

/* The end of a stream is told each time; lwIP tells it once, and then that nobody is connected. (Who has
 * datagrams of no bytes is never told so.) */
static ssize_t received(struct pv_socket *k, size_t len, ssize_t n)
{
    if (n == 0 && len > 0)
        k->ended = true;
    else if (n < 0 && errno == ENOTCONN && k->ended)
        n = 0;
    return end(k, n);
}

int pv_socket_number(int fd)
{
    struct pv_file *f = pv_vfs_file(fd);

    return !f ? -EBADF : f->ops == &socket_ops ? ((struct pv_socket *)f->node)->s : -ENOTSOCK;
}

/* ---- operations of the descriptor ---- */

static ssize_t socket_read(struct pv_file *f, void *buf, size_t len)
{
    struct pv_socket *k = begin(f);
    ssize_t n = received(k, len, lwip_recv(k->s, buf, len, 0));

    return n < 0 ? -errno : n;
}

static ssize_t socket_write(struct pv_file *f, const void *buf, size_t len)
{
    struct pv_socket *k = begin(f);
    ssize_t n = end(k, lwip_send(k->s, buf, len, 0));

    return n < 0 ? -errno : n;
}

static int socket_fstat(struct pv_file *f, struct stat *st)
{
    (void)f;
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFSOCK | 0600;
    st->st_nlink = 1;
    return 0;
}

static int socket_ioctl(struct pv_file *f, unsigned long request, void *arg)
{
    struct pv_socket *k = begin(f);
    int rc = (int)end(k, lwip_ioctl(k->s, (long)request, arg));

    if (rc == 0 && request == FIONBIO) {
        k->nonblocking = *(int *)arg != 0;
        f->flags = (f->flags & ~O_NONBLOCK) | (k->nonblocking ? O_NONBLOCK : 0);
    }
    return rc < 0 ? -errno : rc;
}

/* Wakes threads that wait for a TCP socket's data or connections: an error is put where they look. (Who waits
 * for datagrams goes on.) */
static void wake_users(struct pv_socket *k)
{
    struct lwip_sock *sock = lwip_socket_dbg_get_socket(k->s);
    void *message = (void *)(uintptr_t)&netconn_closed;

    if (!sock || !sock->conn || NETCONNTYPE_GROUP(sock->conn->type) != NETCONN_TCP)
        return;
    if (sys_mbox_valid(&sock->conn->recvmbox))
        sys_mbox_trypost(&sock->conn->recvmbox, message);
    if (sys_mbox_valid(&sock->conn->acceptmbox))
        sys_mbox_trypost(&sock->conn->acceptmbox, message);
}

static void socket_close(struct pv_file *f)
{
    struct pv_socket *k = f->node;

    if (k->users) {
        k->closed = true;
        wake_users(k);
        return;
    }
    destroy(k);
}

static const struct pv_file_ops socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .fstat = socket_fstat,
    .ioctl = socket_ioctl,
    .close = socket_close,
};

/* ---- making sockets ---- */

/* A descriptor for lwIP's socket s, which is closed if there is none. */
static int install(int s)
{
    struct pv_socket *k = s < 0 ? NULL : calloc(1, sizeof(*k));
    int fd;

    if (s < 0)
        return -1;
    fd = k ? pv_vfs_install(&socket_ops, k, O_RDWR) : -ENOMEM;
    if (fd >= 0) {
        k->s = s;
        pv_net_sockets++;
        return fd;
    }
    free(k);
    lwip_close(s);
    return fail(-fd);
}

int socket(int domain, int type, int protocol)
{
    int rc = domain == AF_INET || domain == AF_INET6 ? pv_net_init() : -EAFNOSUPPORT;

    return rc != 0 ? fail(-rc) : install(lwip_socket(domain, type, protocol));
}

int accept(int fd, struct sockaddr *address, socklen_t *len)
{
    struct pv_socket *k = begin_fd(fd);
    int accepted = k ? install((int)end(k, lwip_accept(k->s, address, len))) : -1;
    struct pv_socket *new;

    if (accepted >= 0) {
        new = pv_vfs_file(accepted)->node;
        new->bound = true;
        pv_net_limit_sending(new->s);
    }
    return accepted;
}

/* lwIP counts ports up, which others could foretell: a socket without a port gets one of ours. */
static void choose_port(struct pv_socket *k)
{
    struct sockaddr_storage address;
    /* the port is at the same place for both families */
    struct sockaddr_in *sin = (struct sockaddr_in *)&address;
    socklen_t len = sizeof(address);
    int tries;

    if (k->bound || lwip_getsockname(k->s, (struct sockaddr *)&address, &len) != 0)
        return;
    k->bound = true;
    if (sin->sin_port != 0)
        return;
    for (tries = 0; tries < 16; tries++) {
        sin->sin_port = htons(pv_net_random_port());
        if (lwip_bind(k->s, (struct sockaddr *)&address, len) == 0)
            return;
    }
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_bind(k->s, address, len)) : -1;
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    struct pv_socket *k = begin_fd(fd);
    int rc;

    if (!k)
        return -1;
    choose_port(k);
    rc = (int)end(k, lwip_connect(k->s, address, len));
    if (rc != 0 && errno == ECONNRESET)
        errno = ECONNREFUSED;       /* lwIP has one name for both; nothing is there yet that could be reset */
    return rc;
}

int listen(int fd, int backlog)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_listen(k->s, backlog)) : -1;
}

int shutdown(int fd, int how)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_shutdown(k->s, how)) : -1;
}

int getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_getpeername(k->s, address, len)) : -1;
}

int getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_getsockname(k->s, address, len)) : -1;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_getsockopt(k->s, level, name, value, len)) : -1;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? (int)end(k, lwip_setsockopt(k->s, level, name, value, len)) : -1;
}

/* ---- data ---- */

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? received(k, len, lwip_recvfrom(k->s, buf, len, flags, from, from_len)) : -1;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    return recvfrom(fd, buf, len, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    struct pv_socket *k = begin_fd(fd);

    return k ? end(k, lwip_recvmsg(k->s, message, flags)) : -1;
}

ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    struct pv_socket *k = begin_fd(fd);

    if (!k)
        return -1;
    if (to)
        choose_port(k);
    return end(k, lwip_sendto(k->s, data, len, flags, to, to_len));
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    return sendto(fd, data, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct pv_socket *k = begin_fd(fd);

    if (!k)
        return -1;
    if (message->msg_name)
        choose_port(k);
    return end(k, lwip_sendmsg(k->s, message, flags));
}
