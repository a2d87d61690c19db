/* nat_world.c: see nat_world.h. */
#include "nat_world.h"

#include "net/pool.h"

struct nat *nat;
uint64_t now;
struct nat_hop hop;

static bool forward(void *arg, uint8_t protocol, uint16_t port, uint32_t *address, uint16_t *to_port)
{
    (void)arg;
    *address = GUEST(40);
    *to_port = 80;
    return protocol == IP_TCP && port == 8080;
}

int set_up(void **state)
{
    struct nat_settings settings = { .gateway = GATEWAY, .mtu = 1500, .key = { 1, 2 }, .forward = forward };

    (void)state;
    now = 1000;
    nat = nat_create(&settings);
    nat_set_outside(nat, OUTSIDE);
    nat_set_dns(nat, DNS);
    return nat ? 0 : -1;
}

int tear_down(void **state)
{
    size_t pages, used;

    (void)state;
    nat_destroy(nat);
    packet_pool(&pages, &used);
    return used == 0 ? 0 : -1;
}

enum nat_verdict inside(struct packet *p)
{
    return nat_from_inside(nat, p, now, &hop);
}

enum nat_verdict outside(struct packet *p)
{
    return nat_from_outside(nat, p, now, &hop);
}

struct nat_statistics statistics(void)
{
    struct nat_statistics s;

    nat_statistics(nat, &s);
    return s;
}

struct flow turned(struct flow f)
{
    return (struct flow){ f.protocol, f.to, f.from, f.to_port, f.from_port };
}
