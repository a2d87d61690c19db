/*
 * netecho: an example guest: sockets. Echoes TCP and UDP on port 7, a thread for each connection; or plays
 * the client of another netecho. The words that it takes are in netecho.cfg.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pv/net.h>
#include <pv/sched.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT 7
#define CONNECTIONS 64
#define BUFFER 8192
#define DATAGRAM 1472

struct options {
    const char *address, *send;
    unsigned vif, hold;
    size_t bytes;
};

static struct {
    unsigned open;
    uint64_t connections, bytes, datagrams, refused;
} counts;

static bool parse(int argc, char **argv, struct options *o)
{
    int i;

    *o = (struct options){ .bytes = 1 << 20 };
    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], "vif=", 4) == 0)
            o->vif = (unsigned)strtoul(argv[i] + 4, NULL, 10);
        else if (strncmp(argv[i], "send=", 5) == 0)
            o->send = argv[i] + 5;
        else if (strncmp(argv[i], "hold=", 5) == 0)
            o->hold = (unsigned)strtoul(argv[i] + 5, NULL, 10);
        else if (strncmp(argv[i], "bytes=", 6) == 0)
            o->bytes = strtoul(argv[i] + 6, NULL, 10);
        else if (argv[i][0] >= '0' && argv[i][0] <= '9')
            o->address = argv[i];
        else
            return printf("netecho: what does \"%s\" mean?\n", argv[i]), false;
    }
    return true;
}

static struct sockaddr_in at(const char *address)
{
    struct sockaddr_in a = { .sin_len = sizeof(a), .sin_family = AF_INET, .sin_port = htons(PORT) };

    a.sin_addr.s_addr = address ? inet_addr(address) : INADDR_ANY;
    return a;
}

static void on_request(const char *request)
{
    (void)request;
    printf("netecho: %llu connections, %llu bytes, %llu datagrams, %llu refused\n",
           (unsigned long long)counts.connections, (unsigned long long)counts.bytes,
           (unsigned long long)counts.datagrams, (unsigned long long)counts.refused);
    exit(0);
}

/* ---- server ---- */

static bool write_all(int fd, const char *p, size_t len)
{
    ssize_t n;

    for (; len > 0; len -= (size_t)n, p += n) {
        n = write(fd, p, len);
        if (n <= 0)
            return false;
    }
    return true;
}

static void serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char *buf = malloc(BUFFER);
    ssize_t n;

    while (buf && (n = read(fd, buf, BUFFER)) > 0 && write_all(fd, buf, (size_t)n))
        counts.bytes += (uint64_t)n;
    free(buf);
    close(fd);
    counts.open--;
}

static void serve_datagrams(void *arg)
{
    struct sockaddr_in here = at(NULL), from;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    static char buf[65536];
    socklen_t len;
    ssize_t n;

    (void)arg;
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0) {
        printf("netecho: UDP: %s\n", strerror(errno));
        return;
    }
    for (;;) {
        len = sizeof(from);
        n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
        if (n < 0)
            continue;
        counts.datagrams++;
        sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
    }
}

static int listen_here(void)
{
    struct sockaddr_in here = at(NULL);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0 && listen(fd, CONNECTIONS) == 0)
        return fd;
    printf("netecho: TCP: %s\n", strerror(errno));
    return -1;
}

static int serve_all(void)
{
    int listener = listen_here(), fd;

    if (listener < 0 || !pv_thread_create("datagrams", 0, serve_datagrams, NULL))
        return 1;
    for (;;) {
        fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            pv_sleep_ns(PV_NS_PER_MS);
            continue;
        }
        counts.connections++;
        counts.open++;
        if (counts.open <= CONNECTIONS && pv_thread_create("connection", 0, serve, (void *)(intptr_t)fd))
            continue;
        counts.refused++;
        counts.open--;
        close(fd);
    }
}

/* ---- client ---- */

static void fill(char *buf, size_t len, size_t offset)
{
    size_t i;

    for (i = 0; i < len; i++)
        buf[i] = (char)((offset + i) * 31 + ((offset + i) >> 8));
}

struct sending {
    int fd;
    size_t bytes;
};

static void send_pattern(void *arg)
{
    struct sending *s = arg;
    char buf[2048];
    size_t done, n;

    for (done = 0; done < s->bytes; done += n) {
        n = s->bytes - done < sizeof(buf) ? s->bytes - done : sizeof(buf);
        fill(buf, n, done);
        if (!write_all(s->fd, buf, n))
            break;
    }
    shutdown(s->fd, SHUT_WR);
}

/* How much came back as it was sent, before the first difference. */
static size_t compare(int fd, size_t bytes)
{
    char got[2048], want[2048];
    size_t done = 0;
    ssize_t n;

    while (done < bytes && (n = read(fd, got, sizeof(got))) > 0) {
        fill(want, (size_t)n, done);
        if (memcmp(got, want, (size_t)n) != 0)
            return done;
        done += (size_t)n;
    }
    return done;
}

static bool send_datagram(const struct sockaddr_in *to)
{
    struct timeval patience = { .tv_sec = 2 };
    char sent[DATAGRAM], got[DATAGRAM];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), tries;
    bool good = false;

    fill(sent, sizeof(sent), 7);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
        for (tries = 0; tries < 5 && !good; tries++)
            good = send(fd, sent, sizeof(sent), 0) == DATAGRAM && recv(fd, got, sizeof(got), 0) == DATAGRAM &&
                   memcmp(sent, got, sizeof(sent)) == 0;
    close(fd);
    return good;
}

/* Sends on each connection what it takes, until none has taken anything for a second. */
static size_t send_until_stopped(const int *fds, unsigned n)
{
    static const char block[4096];
    uint64_t last = pv_now_ns();
    size_t total = 0;
    ssize_t sent;

    while (pv_now_ns() - last < PV_NS_PER_SEC) {
        for (unsigned i = 0; i < n; i++)
            while ((sent = write(fds[i], block, sizeof(block))) > 0) {
                total += (size_t)sent;
                last = pv_now_ns();
            }
        pv_sleep_ns(10 * PV_NS_PER_MS);
    }
    return total;
}

/* A client that takes nothing of what comes back. */
static int hold(const struct options *o)
{
    struct sockaddr_in to = at(o->send);
    int fds[CONNECTIONS];
    unsigned n;

    pv_shutdown_watch(on_request);
    for (n = 0; n < o->hold && n < CONNECTIONS; n++) {
        fds[n] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fds[n], (struct sockaddr *)&to, sizeof(to)) != 0) {
            printf("netecho: %s: %s\n", o->send, strerror(errno));
            return 1;
        }
        fcntl(fds[n], F_SETFL, O_NONBLOCK);
    }
    printf("netecho: %u connections are stopped after %zu bytes\n", n, send_until_stopped(fds, n));
    for (;;)
        sleep(60);
}

static int play_client(const struct options *o)
{
    struct sockaddr_in to = at(o->send);
    struct sending s = { .fd = socket(AF_INET, SOCK_STREAM, 0), .bytes = o->bytes };
    uint64_t start = pv_now_ns();
    size_t good;

    if (connect(s.fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        printf("netecho: %s: %s\n", o->send, strerror(errno));
        return 1;
    }
    if (!pv_thread_create("sender", 0, send_pattern, &s))
        return 1;
    good = compare(s.fd, o->bytes);
    printf("netecho: %zu of %zu bytes came back from %s in %llu ms\n", good, o->bytes, o->send,
           (unsigned long long)((pv_now_ns() - start) / PV_NS_PER_MS));
    if (good != o->bytes)
        return 1;
    if (!send_datagram(&to))
        return printf("netecho: no datagram came back\n"), 1;
    printf("netecho: a datagram came back\n");
    return 0;
}

int main(int argc, char **argv)
{
    struct netif *netif;
    struct options o;
    char address[16], gateway[16];

    if (!parse(argc, argv, &o))
        return 1;
    if (pv_net_up(o.vif, o.address, &netif) != 0)
        return 1;
    printf("netecho: address %s, gateway %s\n", pv_net_address(netif, address),
           pv_net_gateway(netif, gateway));
    if (o.send)
        return o.hold ? hold(&o) : play_client(&o);
    pv_shutdown_watch(on_request);
    printf("netecho: listening on port %d, TCP and UDP\n", PORT);
    return serve_all();
}
