/* random.c: numbers that nobody else can tell: ports, identifiers, and TCP's initial sequence numbers (after
 * RFC 6528). */
#include "private.h"
#include "hooks.h"

#include <string.h>
#include <unistd.h>
#include <pv/siphash.h>
#include <pv/time.h>

static uint64_t key[2], counter;

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* A processor without rdrand leaves the clocks, read over and over: weak, but not the same at every start. */
void pv_net_random_init(void)
{
    uint64_t clocks[3];
    int i;

    if (key[0] | key[1])
        return;
    if (getentropy(key, sizeof(key)) == 0)
        return;
    for (i = 0; i < 64; i++) {
        clocks[0] = read_tsc();
        clocks[1] = pv_now_ns();
        clocks[2] = pv_wall_ns();
        key[i & 1] = pv_siphash(key[0], key[1] + (uint64_t)i, clocks, sizeof(clocks));
    }
}

static uint64_t random64(void)
{
    pv_net_random_init();
    counter++;
    return pv_siphash(key[0], key[1], &counter, sizeof(counter));
}

uint32_t pv_net_random(void)
{
    return (uint32_t)random64();
}

uint16_t pv_net_random_port(void)
{
    return (uint16_t)(49152 + (random64() >> 13) % 16384);
}

/* A clock of 4 us, offset by a hash of the connection: sequence numbers of one connection's successors rise,
 * those of others tell nothing. */
uint32_t pv_net_sequence_number(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
                                uint16_t remote_port)
{
    struct {
        ip_addr_t local, remote;
        uint16_t local_port, remote_port;
    } connection;

    pv_net_random_init();
    memset(&connection, 0, sizeof(connection));
    connection.local = *local;
    connection.remote = *remote;
    connection.local_port = local_port;
    connection.remote_port = remote_port;
    return (uint32_t)(pv_siphash(~key[0], key[1], &connection, sizeof(connection)) + pv_now_ns() / 4096);
}
