/* net_host.c: see net_host.h. */
#include "net_host.h"

#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "net/pool.h"

/* Machine addresses are told from others by being far away. */
#define MACHINE UINT64_C(0x1000000000000)

uint64_t net_host_now = 1000 * PV_NS_PER_SEC;
bool net_host_no_pages;

uint64_t pv_now_ns(void)
{
    return net_host_now;
}

unsigned pool_source(struct pool_page *pages, unsigned n)
{
    static uint8_t *first;          /* all of them are kept, and reachable */
    static unsigned taken;

    if (net_host_no_pages || n > NET_HOST_PAGES - taken)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        if (!first)
            first = aligned_alloc(POOL_PAGE, (size_t)POOL_PAGE * NET_HOST_PAGES);
        pages[i].at = first + (size_t)POOL_PAGE * taken++;
        pages[i].machine = MACHINE + (uintptr_t)pages[i].at;
    }
    return n;
}

unsigned net_host_random(unsigned n)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 16) % n);
}

void net_host_fill(uint8_t *p, size_t bytes)
{
    while (bytes--)
        *p++ = (uint8_t)net_host_random(256);
}

struct packet *net_host_packet(const uint8_t *bytes, size_t n)
{
    struct packet *all = NULL, *p;

    for (size_t done = 0; done < n;) {
        size_t left = n - done, step = 1 + net_host_random(4096), skip;

        if ((all ? all->piece_count : 0) >= PACKET_PIECES - 17 || step > left)
            step = left;
        skip = step < 4096 ? net_host_random((unsigned)(4096 - step) + 1) : 0;
        p = packet_alloc(skip + step);
        if (!p || !packet_pull(p, skip) || packet_write(p, 0, bytes + done, step) != step)
            abort();
        if (all && !packet_append(all, p))
            abort();
        all = all ? all : p;
        done += step;
    }
    return all;
}

size_t net_host_used(void)
{
    size_t pages, used;

    packet_pool(&pages, &used);
    return used;
}

uint16_t net_host_checksum(const uint8_t *p, size_t bytes, uint32_t start)
{
    uint32_t sum = start;

    for (size_t i = 0; i < bytes; i++) {
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}
