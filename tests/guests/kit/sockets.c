/* sockets.c: the kit's sockets, by way of the address of the domain itself. */
#include "sockets.h"
#include "case.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <pv/net.h>
#include <pv/thread.h>
#include <pv/time.h>

#define TOTAL 300000        /* more than the windows of both ends */

static struct sockaddr_in here(uint16_t port)
{
    return (struct sockaddr_in){ .sin_len = sizeof(struct sockaddr_in), .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listener_at(uint16_t port)
{
    struct sockaddr_in address = here(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 5) != 0)
        return -1;
    return fd;
}

static int connected_to(uint16_t port)
{
    struct sockaddr_in address = here(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static short events_of(int fd, short asked, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = asked };

    poll(&p, 1, timeout_ms);
    return p.revents;
}

/* Sends TOTAL bytes and says that there will be no more. */
static void send_all(void *arg)
{
    int fd = (int)(intptr_t)arg;
    unsigned char piece[1000];
    size_t done, i;

    for (done = 0; done < TOTAL; done += sizeof(piece)) {
        for (i = 0; i < sizeof(piece); i++)
            piece[i] = (unsigned char)((done + i) * 7 + ((done + i) >> 8));
        if (write(fd, piece, sizeof(piece)) != (ssize_t)sizeof(piece))
            return;
    }
    shutdown(fd, SHUT_WR);
}

static size_t receive_all(int fd)
{
    unsigned char piece[777];
    size_t done = 0;
    ssize_t n, i;

    while ((n = read(fd, piece, sizeof(piece))) > 0)
        for (i = 0; i < n; i++, done++)
            if (piece[i] != (unsigned char)(done * 7 + (done >> 8)))
                return done;
    return n == 0 ? done : 0;
}

static void streams(int listener)
{
    struct sockaddr_in from, peer;
    socklen_t len = sizeof(from);
    int client, server, waiting = 0;
    char c;

    check("nothing to accept: poll", events_of(listener, POLLIN, 0), 0);
    client = connected_to(4000);
    check("a connection to accept: poll", events_of(listener, POLLIN, 1000), POLLIN);
    server = accept(listener, (struct sockaddr *)&from, &len);
    check_true("accept", client >= 0 && server >= 0);
    len = sizeof(peer);
    getsockname(client, (struct sockaddr *)&peer, &len);
    check_true("accept, whose it is", from.sin_port == peer.sin_port &&
               from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    check_true("a client's port is a high one", ntohs(from.sin_port) >= 49152);

    fcntl(server, F_SETFL, O_NONBLOCK);
    check_true("O_NONBLOCK, nothing to read", read(server, &c, 1) == -1 && errno == EAGAIN);
    check("writable", events_of(server, POLLIN | POLLOUT, 0), POLLOUT);
    check_true("write", write(client, "xyz", 3) == 3);
    check("readable", events_of(server, POLLIN, 1000), POLLIN);
    check_true("FIONREAD", ioctl(server, FIONREAD, &waiting) == 0 && waiting == 3);
    check_true("MSG_PEEK", recv(server, &c, 1, MSG_PEEK) == 1 && c == 'x' && read(server, &c, 1) == 1 &&
               c == 'x');
    check_true("the rest", read(server, &c, 1) == 1 && read(server, &c, 1) == 1 && c == 'z');
    fcntl(server, F_SETFL, 0);

    pv_thread_create("sender", 0, send_all, (void *)(intptr_t)client);
    check("what was sent comes, and its end", (long)receive_all(server), TOTAL);
    check_true("nothing after the end", read(server, &c, 1) == 0);
    check_true("seek on a socket", lseek(server, 0, SEEK_SET) == -1 && errno == ESPIPE);
    close(client);
    close(server);
    check_true("a closed descriptor", write(client, "x", 1) == -1 && errno == EBADF);
}

static void selecting(int listener)
{
    struct timeval quarter = { .tv_usec = 250000 };
    uint64_t before = pv_now_ns();
    fd_set reads;
    int client;

    FD_ZERO(&reads);
    FD_SET(listener, &reads);
    check("select, nothing", select(listener + 1, &reads, NULL, NULL, &quarter), 0);
    check_true("select, its time", !FD_ISSET(listener, &reads) && pv_now_ns() - before >= 250 * PV_NS_PER_MS);
    client = connected_to(4000);
    FD_SET(listener, &reads);
    check("select, a connection", select(listener + 1, &reads, NULL, NULL, NULL), 1);
    check_true("select, whose", FD_ISSET(listener, &reads));
    close(accept(listener, NULL, NULL));
    close(client);
    FD_SET(100, &reads);
    check_true("select, no such descriptor", select(101, &reads, NULL, NULL, NULL) == -1 && errno == EBADF);
    check("poll, no such descriptor", events_of(100, POLLIN, 0), POLLNVAL);
    check("poll, a negative one", events_of(-1, POLLIN, 0), 0);
}

static void datagrams(void)
{
    struct timeval patience = { .tv_usec = 50000 };
    struct sockaddr_in address = here(4001), from;
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    socklen_t len = sizeof(from);
    char got[100];

    check_true("UDP: bind", bind(a, (struct sockaddr *)&address, sizeof(address)) == 0);
    check_true("UDP: the port is taken", bind(b, (struct sockaddr *)&address, sizeof(address)) == -1 &&
               errno == EADDRINUSE);
    setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    check_true("UDP: SO_RCVTIMEO", recv(a, got, sizeof(got), 0) == -1 && errno == EAGAIN);
    check_true("UDP: sendto", sendto(b, "datagram", 8, 0, (struct sockaddr *)&address, sizeof(address)) == 8);
    check_true("UDP: recvfrom", recvfrom(a, got, sizeof(got), 0, (struct sockaddr *)&from, &len) == 8 &&
               memcmp(got, "datagram", 8) == 0);
    check_true("UDP: back", sendto(a, "b", 1, 0, (struct sockaddr *)&from, len) == 1 &&
               recv(b, got, 100, 0) == 1 && got[0] == 'b');
    check_true("UDP: too long", sendto(a, got, 70000, 0, (struct sockaddr *)&from, len) == -1);
    close(a);
    close(b);
}

static void errors(void)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM }, *found = NULL;
    int client = connected_to(4999), descriptors[300], n = 0;
    char c;

    check_true("nobody listens", client == -1 && errno == ECONNREFUSED);
    check_true("no socket", listen(1, 1) == -1 && errno == ENOTSOCK && accept(1, NULL, NULL) == -1 &&
               errno == ENOTSOCK);
    check_true("no descriptor", recv(200, &c, 1, 0) == -1 && errno == EBADF);
    check_true("no such family", socket(77, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT);
    check("getaddrinfo, an address", getaddrinfo("10.1.2.3", "80", &hints, &found), 0);
    check_true("getaddrinfo, what it found", found &&
               ((struct sockaddr_in *)found->ai_addr)->sin_port == htons(80) &&
               strcmp(inet_ntoa(((struct sockaddr_in *)found->ai_addr)->sin_addr), "10.1.2.3") == 0);
    freeaddrinfo(found);
    check("getaddrinfo, no address", getaddrinfo("10.1.2.x", "80", &hints, &found), EAI_NONAME);
    while (n < 300 && (descriptors[n] = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
        n++;
    check_true("sockets run out", n >= 200 && n < 300);
    while (n > 0)
        close(descriptors[--n]);
}

static void close_later(void *arg)
{
    pv_sleep_ns(50 * PV_NS_PER_MS);
    close((int)(intptr_t)arg);
}

void sockets(void)
{
    size_t used, most;
    int listener = listener_at(4000);

    check_true("listen", listener >= 0);
    streams(listener);
    selecting(listener);
    datagrams();
    errors();
    pv_thread_create("closer", 0, close_later, (void *)(intptr_t)listener);
    check_true("accept ends when its socket is closed", accept(listener, NULL, NULL) == -1);
    pv_sleep_ns(300 * PV_NS_PER_MS);
    pv_net_memory(&used, &most);
    check_true("no frame is left", used < 1024);
}
