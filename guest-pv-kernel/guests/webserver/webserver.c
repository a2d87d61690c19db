/* webserver.c: an example guest: serves the files of its disk, or of its boot archive, over HTTP/1.1. The
 * words that it takes are in webserver.cfg. */
#include "webserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pv/net.h>
#include <pv/sched.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 100
#define STACK_BYTES (24u * 1024u)

#define DISK_AT "/disk"

struct counts counts;
const char *root;

struct options {
    const char *address, *disk;
    unsigned vif;
    uint16_t port;
};

static bool parse(int argc, char **argv, struct options *o)
{
    int i;

    *o = (struct options){ .port = 80, .disk = "xvda" };
    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], "vif=", 4) == 0)
            o->vif = (unsigned)strtoul(argv[i] + 4, NULL, 10);
        else if (strncmp(argv[i], "port=", 5) == 0)
            o->port = (uint16_t)strtoul(argv[i] + 5, NULL, 10);
        else if (strncmp(argv[i], "disk=", 5) == 0)
            o->disk = argv[i] + 5;
        else if (strncmp(argv[i], "root=/", 6) == 0)
            root = strcmp(argv[i], "root=/") == 0 ? "" : argv[i] + 5;
        else if (argv[i][0] >= '0' && argv[i][0] <= '9')
            o->address = argv[i];
        else
            return printf("webserver: what does \"%s\" mean?\n", argv[i]), false;
    }
    return true;
}

static void print_counts(void)
{
    printf("webserver: %llu connections, %llu requests, %llu errors, %llu bytes, %llu refused, "
           "%llu too slow, %u open\n", (unsigned long long)counts.connections,
           (unsigned long long)counts.requests, (unsigned long long)counts.errors,
           (unsigned long long)counts.bytes, (unsigned long long)counts.refused,
           (unsigned long long)counts.timeouts, counts.open);
}

static void on_request(const char *request)
{
    (void)request;
    print_counts();
    exit(0);
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0 && listen(fd, CONNECTIONS) == 0)
        return fd;
    printf("webserver: port %u: %s\n", port, strerror(errno));
    return -1;
}

static void serve(void *arg)
{
    connection_serve((int)(intptr_t)arg);
    counts.open--;
}

static void serve_all(int listener)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                               "Connection: close\r\n\r\n";
    int fd, on = 1;

    for (;;) {
        fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            pv_sleep_ns(PV_NS_PER_MS);
            continue;
        }
        counts.connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        counts.open++;
        if (counts.open <= CONNECTIONS &&
            pv_thread_create("connection", STACK_BYTES, serve, (void *)(intptr_t)fd))
            continue;
        counts.open--;
        counts.refused++;
        send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    struct options o;
    struct netif *netif;
    char address[16];
    int rc, listener;

    if (!parse(argc, argv, &o))
        return 1;
    rc = disk_mount(o.disk, DISK_AT);
    if (rc != 0 && rc != -ENOENT)
        return 1;
    if (!root)
        root = rc == 0 ? DISK_AT : "";
    if (pv_net_up(o.vif, o.address, &netif) != 0)
        return 1;
    listener = listen_at(o.port);
    if (listener < 0)
        return 1;
    pv_shutdown_watch(on_request);
    printf("webserver: serving %s at http://%s:%u/\n", *root ? root : "/", pv_net_address(netif, address),
           o.port);
    serve_all(listener);
    return 0;
}
