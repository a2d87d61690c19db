/* net_client.c: see net_client.h. */
#include "net_client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pv/time.h>

#include "../services/address.h"
#include "../services/services.h"
#include "report.h"
#include "terminal.h"

#define STEP_MS      100
#define UPLINK_WAIT  (10 * PV_NS_PER_SEC)

int client_resolve(const struct command_call *call, const char *host, uint32_t *address)
{
    const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    int rc;

    if (!address_parse(host, address) && (*address = services_domain_address(host)) == 0) {
        services_wait_uplink(pv_now_ns() + UPLINK_WAIT);
        rc = getaddrinfo(host, NULL, &hints, &found);
        if (rc)
            return report_failure(call, host, 0, "`ip` shows the name server", "no address was found (%s)",
                                  gai_strerror(rc));
        *address = ntohl(((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr.s_addr);
        freeaddrinfo(found);
        return STATUS_OK;
    }
    services_wait_uplink(pv_now_ns() + UPLINK_WAIT);
    return STATUS_OK;
}

int client_wait(int socket, short events, uint64_t wait_ns)
{
    struct pollfd p = { .fd = socket, .events = events };
    uint64_t until = pv_now_ns() + wait_ns;
    int n;

    for (;;) {
        n = poll(&p, 1, STEP_MS);
        if (n != 0)
            return n < 0 ? -errno : 0;
        if (terminal_interrupted())
            return -EINTR;
        if (pv_now_ns() >= until)
            return -ETIMEDOUT;
    }
}

static int finish_connect(int s, uint64_t wait_ns)
{
    int rc = client_wait(s, POLLOUT, wait_ns), error = 0;
    socklen_t length = sizeof(error);

    if (rc == 0 && getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length))
        error = errno;
    return rc ? rc : -error;
}

int client_connect(uint32_t address, uint16_t port, uint64_t wait_ns)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(address) } };
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, rc = 0;

    if (s < 0)
        return -errno;
    ioctl(s, FIONBIO, &on);
    if (connect(s, (struct sockaddr *)&to, sizeof(to)))
        rc = errno == EINPROGRESS ? finish_connect(s, wait_ns) : -errno;
    if (rc == 0)
        return s;
    close(s);
    return rc;
}

int client_send(int s, const void *bytes, size_t length, uint64_t wait_ns)
{
    const char *at = bytes;
    ssize_t n;
    int rc;

    while (length) {
        rc = client_wait(s, POLLOUT, wait_ns);
        if (rc)
            return rc;
        n = send(s, at, length, 0);
        if (n < 0 && errno != EAGAIN)
            return -errno;
        at += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

ssize_t client_receive(int s, void *bytes, size_t length, uint64_t wait_ns)
{
    ssize_t n;
    int rc;

    do {
        rc = client_wait(s, POLLIN, wait_ns);
        if (rc)
            return rc;
        n = recv(s, bytes, length, 0);
    } while (n < 0 && errno == EAGAIN);
    return n < 0 ? -errno : n;
}
