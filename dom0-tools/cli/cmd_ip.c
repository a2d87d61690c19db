/* cmd_ip.c: the control domain's interfaces, addresses and routes; leases of guests, and their
 * connections. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lwip/dns.h>
#include <pv/net.h>
#include <pv/time.h>

#include "../services/address.h"
#include "../services/neighbour.h"
#include "../services/services.h"
#include "../services/state.h"
#include "json.h"
#include "report.h"

static uint32_t name_server(void)
{
    const ip_addr_t *server;
    uint32_t address;

    pv_net_lock();
    server = dns_getserver(0);
    address = IP_IS_V4(server) ? lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(server))) : 0;
    pv_net_unlock();
    return address;
}

static unsigned mask_bits(uint32_t mask)
{
    unsigned bits = 0;

    for (; mask & 0x80000000U; mask <<= 1)
        bits++;
    return bits;
}

/* The control domain's interfaces: 0 uplink, 1 guests; NULL: there is none of that number, or no more. */
static const struct interface *interface_at(unsigned index, bool *end)
{
    *end = index > 1;
    if (index == 0)
        return services.has_uplink ? &services.uplink : NULL;
    return index == 1 && services.nat ? &services.guests : NULL;
}

static const char *place_of(const struct interface *i)
{
    return i->port.bridge ? bridge_name(i->port.bridge) : NULL;
}

static void put_address(struct json *j, const char *key, uint32_t address)
{
    char text[ADDRESS_TEXT];

    json_string(j, key, address ? address_text(address, text) : NULL);
}

/* ---- addresses ---- */

static void put_interface(struct json *j, const struct interface *i)
{
    char text[MAC_TEXT];

    json_object(j, NULL);
    json_string(j, "name", i->name);
    json_string(j, "mac", mac_text(i->mac, text));
    json_uint(j, "mtu", i->port.mtu);
    json_bool(j, "link", i->link);
    json_string(j, "bridge", place_of(i));
    put_address(j, "address", interface_address(i));
    json_uint(j, "prefix", mask_bits(interface_mask(i)));
    json_bool(j, "dhcp", i->dhcp);
    put_address(j, "router", interface_router(i));
    if (i == &services.uplink)
        put_address(j, "dns", name_server());
    json_uint(j, "waiting", i->queue.frames);
    json_uint(j, "drops", i->queue.drops);
    json_uint(j, "refused", i->refused);
    json_object_end(j);
}

static void print_interface(const struct interface *i)
{
    char mac[MAC_TEXT], text[ADDRESS_TEXT];
    uint32_t address = interface_address(i);

    printf("%s: %s mtu %u, %s", i->name, mac_text(i->mac, mac), i->port.mtu, i->link ? "up" : "no link");
    printf(place_of(i) ? ", in bridge %s\n" : "\n", place_of(i));
    if (address)
        printf("    inet %s/%u", address_text(address, text), mask_bits(interface_mask(i)));
    else
        printf("    no address");
    if (i == &services.guests)
        printf(", router, DHCP and DNS for guests\n");
    else
        printf("%s", i->dhcp ? ", by DHCP" : "");
    if (i == &services.uplink) {
        printf(", name server %s\n", name_server() ? address_text(name_server(), text) : "none");
    }
}

static int show_addresses(const struct command_call *call, struct json *j)
{
    const struct interface *i;
    bool end;

    (void)call;
    for (unsigned n = 0; (i = interface_at(n, &end)) != NULL || !end; n++) {
        if (i && j)
            put_interface(j, i);
        else if (i)
            print_interface(i);
    }
    return STATUS_OK;
}

/* ---- routes and neighbours ---- */

static void put_route(struct json *j, const char *to, uint32_t via, const struct interface *i)
{
    char text[ADDRESS_TEXT];

    if (!j) {
        printf(via ? "%s via %s dev %s\n" : "%s%.0s dev %s\n", to, address_text(via, text), i->name);
        return;
    }
    json_object(j, NULL);
    json_string(j, "to", to);
    put_address(j, "via", via);
    json_string(j, "interface", i->name);
    json_object_end(j);
}

static int show_routes(const struct command_call *call, struct json *j)
{
    const struct interface *i;
    char to[ADDRESS_TEXT + 4];
    bool end;

    (void)call;
    if (services.has_uplink && interface_router(&services.uplink))
        put_route(j, "default", interface_router(&services.uplink), &services.uplink);
    for (unsigned n = 0; (i = interface_at(n, &end)) != NULL || !end; n++) {
        if (!i || !interface_address(i))
            continue;
        address_text(interface_address(i) & interface_mask(i), to);
        snprintf(to + strlen(to), 4, "/%u", mask_bits(interface_mask(i)));
        put_route(j, to, 0, i);
    }
    return STATUS_OK;
}

static int show_neighbours(const struct command_call *call, struct json *j)
{
    char address[ADDRESS_TEXT], mac[MAC_TEXT];
    struct neighbour n;
    unsigned cookie = 0;

    (void)call;
    while (neighbour_next(&cookie, &n)) {
        const struct interface *i = n.netif == services.guests.netif ? &services.guests : &services.uplink;

        address_text(n.address, address);
        mac_text(n.mac, mac);
        if (!j) {
            printf("%-15s dev %-8s %s\n", address, i->name, mac);
            continue;
        }
        json_object(j, NULL);
        json_string(j, "address", address);
        json_string(j, "interface", i->name);
        json_string(j, "mac", mac);
        json_object_end(j);
    }
    return STATUS_OK;
}

/* ---- guests ---- */

static int show_leases(const struct command_call *call, struct json *j)
{
    uint64_t now_s = services_ms(pv_now_ns()) / 1000;
    char address[ADDRESS_TEXT], mac[MAC_TEXT];
    struct dhcp_lease lease;
    unsigned cookie = 0;

    (void)call;
    if (!j)
        printf("%-15s %-17s %8s  %s\n", "Address", "Mac Addr.", "Seconds", "Name");
    while (services.dhcpd && dhcpd_next(services.dhcpd, &cookie, &lease)) {
        uint64_t left = lease.until_s > now_s ? lease.until_s - now_s : 0;

        address_text(lease.address, address);
        mac_text(lease.mac, mac);
        if (!j) {
            printf("%-15s %-17s %8" PRIu64 "  %s\n", address, mac, left,
                   lease.hostname[0] ? lease.hostname : "-");
            continue;
        }
        json_object(j, NULL);
        json_string(j, "address", address);
        json_string(j, "mac", mac);
        json_uint(j, "seconds", left);
        json_string(j, "name", lease.hostname);
        json_object_end(j);
    }
    return STATUS_OK;
}

static const char *protocol_name(uint8_t protocol)
{
    return protocol == IP_TCP ? "tcp" : protocol == IP_UDP ? "udp" : "icmp";
}

static void put_connection(struct json *j, const struct nat_entry *e, uint64_t now_ms)
{
    uint64_t left = e->expires_ms > now_ms ? (e->expires_ms - now_ms) / 1000 : 0;
    char inside[ADDRESS_TEXT], remote[ADDRESS_TEXT];

    address_text(e->inside, inside);
    address_text(e->remote, remote);
    if (!j) {
        printf("%-5s %15s:%-5u %5u  %15s:%-5u %6" PRIu64 "  %s\n", protocol_name(e->protocol), inside,
               e->inside_port, e->outside_port, remote, e->remote_port, left,
               e->replied ? "open" : "half open");
        return;
    }
    json_object(j, NULL);
    json_string(j, "protocol", protocol_name(e->protocol));
    json_string(j, "guest", inside);
    json_uint(j, "guest_port", e->inside_port);
    json_uint(j, "outside_port", e->outside_port);
    json_string(j, "remote", remote);
    json_uint(j, "remote_port", e->remote_port);
    json_uint(j, "seconds", left);
    json_bool(j, "replied", e->replied);
    json_object_end(j);
}

static int show_nat(const struct command_call *call, struct json *j)
{
    uint64_t now_ms = services_ms(pv_now_ns());
    struct nat_statistics s = { 0 };
    struct nat_entry e;
    unsigned cookie = 0;

    (void)call;
    if (!services.nat)
        return STATUS_OK;
    nat_statistics(services.nat, &s);
    if (!j) {
        printf("%" PRIu32 " connections of %u; passed on: %" PRIu64 " out, %" PRIu64 " in; dropped: %" PRIu64
               " fragments, %" PRIu64 " malformed, %" PRIu64 " spoofed, %" PRIu64
               " of no connection; given up early: %" PRIu64 "\n",
               s.connections, NAT_CONNECTIONS, s.to_outside, s.to_inside, s.fragments, s.malformed, s.spoofed,
               s.unknown, s.full);
        printf("%-5s %21s %5s  %21s %6s  %s\n", "Proto", "Guest:port", "Port", "Remote:port", "Secs",
               "State");
    }
    while (nat_next(services.nat, &cookie, &e))
        put_connection(j, &e, now_ms);
    return STATUS_OK;
}

static int show_nat_json(void)
{
    struct nat_statistics s = { 0 };
    struct json j;

    if (services.nat)
        nat_statistics(services.nat, &s);
    json_begin(&j, stdout);
    json_object(&j, NULL);
    json_uint(&j, "connections", s.connections);
    json_uint(&j, "most", NAT_CONNECTIONS);
    json_uint(&j, "to_outside", s.to_outside);
    json_uint(&j, "to_inside", s.to_inside);
    json_uint(&j, "fragments", s.fragments);
    json_uint(&j, "malformed", s.malformed);
    json_uint(&j, "spoofed", s.spoofed);
    json_uint(&j, "unknown", s.unknown);
    json_uint(&j, "full", s.full);
    json_array(&j, "table");
    show_nat(NULL, &j);
    json_array_end(&j);
    json_object_end(&j);
    json_end(&j);
    return STATUS_OK;
}

/* ---- changes ---- */

static int no_card(const struct command_call *call)
{
    return report_failure(call, "eth0", 0, "`lspci` shows the devices", "the host has no network card");
}

/* set dhcp | set ADDRESS/LENGTH [ROUTER [DNS]] */
static int set(const struct command_call *call)
{
    uint32_t address, router = 0, dns = 0;
    unsigned bits;
    int rc;

    if (call->count < 2)
        return report_usage(call->command, "`set` needs `dhcp` or ADDRESS/LENGTH");
    if (strcmp(call->words[1], "dhcp") == 0 && call->count == 2) {
        rc = services_use_dhcp();
    } else {
        if (!address_parse_network(call->words[1], &address, &bits) || bits == 0 || bits == 32 ||
            address == 0)
            return report_usage(call->command, "`%s` is no address such as 10.0.0.5/24", call->words[1]);
        if (call->count > 2 && !address_parse(call->words[2], &router))
            return report_usage(call->command, "`%s` is no address of a router", call->words[2]);
        if (router && ((router ^ address) & address_mask(bits)))
            return report_usage(call->command, "the router %s is not in the network of %s", call->words[2],
                                call->words[1]);
        if (call->count > 3 && !address_parse(call->words[3], &dns))
            return report_usage(call->command, "`%s` is no address of a name server", call->words[3]);
        rc = services_use_address(address, bits, router, dns);
    }
    if (rc == -ENODEV)
        return no_card(call);
    return rc ? report_failure(call, "eth0", rc, NULL, "the address cannot be set") : STATUS_OK;
}

static int as_json(const struct command_call *call, int (*show)(const struct command_call *, struct json *))
{
    struct json j;

    if (show == show_nat)
        return show_nat_json();
    json_begin(&j, stdout);
    json_array(&j, NULL);
    show(call, &j);
    json_array_end(&j);
    json_end(&j);
    return STATUS_OK;
}

int cmd_ip(const struct command_call *call)
{
    static const struct {
        const char *name;
        int (*show)(const struct command_call *, struct json *);
    } views[] = {
        { "addr", show_addresses }, { "route", show_routes }, { "neigh", show_neighbours },
        { "leases", show_leases },  { "nat", show_nat },
    };
    const char *verb = call->count ? call->words[0] : "addr";

    if (strcmp(verb, "set") == 0)
        return set(call);
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (strcmp(verb, views[i].name) != 0)
            continue;
        if (call->count > 1)
            return report_usage(call->command, "`%s` takes no more words", verb);
        return call_has(call, "--json") ? as_json(call, views[i].show) : views[i].show(call, NULL);
    }
    return report_usage(call->command, "`%s` is neither addr, route, neigh, leases, nat nor set", verb);
}
