/* poll.c: poll() and select(). lwIP waits for its sockets; other files are always ready. */
#include "lwip/sockets.h"
#include "socket.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/select.h>
#include <pv/net.h>

#define READY_FOR_FILES (POLLIN | POLLOUT)

/* The sockets of `fds` by lwIP's numbers, in `sockets`, whose count is returned; what can be answered at once
 * is, and counted in *ready. */
static nfds_t sort_out(struct pollfd *fds, nfds_t count, struct pollfd *sockets, int *ready)
{
    nfds_t i, n = 0;

    for (i = 0; i < count; i++) {
        int s = fds[i].fd < 0 ? 0 : pv_socket_number(fds[i].fd);

        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (s >= 0)
            sockets[n++] = (struct pollfd){ .fd = s, .events = fds[i].events };
        else
            fds[i].revents = s == -EBADF ? POLLNVAL : fds[i].events & READY_FOR_FILES;
        *ready += fds[i].revents != 0;
    }
    return n;
}

static int poll_with(struct pollfd *fds, nfds_t count, int timeout_ms, struct pollfd *sockets)
{
    int ready = 0, rc;
    nfds_t i, next = 0, n = sort_out(fds, count, sockets, &ready);

    rc = lwip_poll(n ? sockets : NULL, n, ready ? 0 : timeout_ms);
    if (rc < 0)
        return rc;
    for (i = 0; i < count && next < n; i++)
        if (fds[i].fd >= 0 && fds[i].revents == 0 && pv_socket_number(fds[i].fd) == sockets[next].fd)
            fds[i].revents = sockets[next++].revents;
    return ready + rc;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct pollfd few[16], *sockets = few;
    int rc = pv_net_init();

    if (rc != 0 || count > FD_SETSIZE) {
        errno = rc != 0 ? -rc : EINVAL;
        return -1;
    }
    if (count > sizeof(few) / sizeof(few[0]))
        sockets = malloc(count * sizeof(*sockets));
    if (!sockets) {
        errno = ENOMEM;
        return -1;
    }
    rc = poll_with(fds, count, timeout_ms, sockets);
    if (sockets != few)
        free(sockets);
    return rc;
}

/* Milliseconds, rounded up; -1 for none. */
static int milliseconds(const struct timeval *timeout)
{
    if (!timeout)
        return -1;
    if (timeout->tv_sec > INT_MAX / 1000 - 1)
        return INT_MAX;
    return (int)(timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000);
}

static short events_of(int fd, const fd_set *reads, const fd_set *writes, const fd_set *excepts)
{
    return (short)((reads && FD_ISSET(fd, reads) ? POLLIN : 0) |
                   (writes && FD_ISSET(fd, writes) ? POLLOUT : 0) |
                   (excepts && FD_ISSET(fd, excepts) ? POLLERR : 0));
}

/* Leaves those members of a set whose descriptors have one of `events`; how many. */
static int keep(fd_set *set, const struct pollfd *fds, nfds_t count, short asked, short events)
{
    int kept = 0;
    nfds_t i;

    for (i = 0; set && i < count; i++) {
        if (!(fds[i].events & asked))
            continue;
        if (fds[i].revents & events)
            kept++;
        else
            FD_CLR(fds[i].fd, set);
    }
    return kept;
}

int select(int limit, fd_set *reads, fd_set *writes, fd_set *excepts, struct timeval *timeout)
{
    static const short errors = POLLERR | POLLNVAL;
    struct pollfd *fds;
    nfds_t count = 0, i;
    int fd, rc;

    if (limit < 0 || limit > FD_SETSIZE || !(fds = malloc(((size_t)limit + 1) * sizeof(*fds)))) {
        errno = limit < 0 || limit > FD_SETSIZE ? EINVAL : ENOMEM;
        return -1;
    }
    for (fd = 0; fd < limit; fd++) {
        fds[count] = (struct pollfd){ .fd = fd, .events = events_of(fd, reads, writes, excepts) };
        count += fds[count].events != 0;
    }
    rc = poll(fds, count, milliseconds(timeout));
    for (i = 0; rc > 0 && i < count; i++)
        if (fds[i].revents & POLLNVAL) {
            errno = EBADF;
            rc = -1;
        }
    if (rc >= 0)
        rc = keep(reads, fds, count, POLLIN, POLLIN | errors) +
             keep(writes, fds, count, POLLOUT, POLLOUT | errors) + keep(excepts, fds, count, POLLERR, errors);
    free(fds);
    return rc;
}
