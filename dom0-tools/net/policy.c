/* policy.c: see policy.h. Headers lie in the first piece, in memory that nobody else writes. */
#include "policy.h"

#include <string.h>

enum { ETHER_SOURCE = 6, ETHER_TYPE = 12, ETHER_HEADER = 14 };
enum { TYPE_IP4 = 0x0800, TYPE_ARP = 0x0806 };
enum { IP4_HEADER = 20, IP4_FRAGMENT = 6, IP4_PROTOCOL = 9, IP4_SOURCE = 12 };
enum { ARP_BYTES = 28, ARP_SENDER_MAC = 8, ARP_SENDER_IP = 14 };
enum { PROTOCOL_UDP = 17, DHCP_CLIENT = 68, DHCP_SERVER = 67, UDP_HEADER = 8 };
#define NOT_WHOLE 0x3fff

static unsigned get16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

static bool is_ours(const struct net_policy *policy, const uint8_t *at)
{
    uint32_t address;

    memcpy(&address, at, sizeof(address));
    for (unsigned i = 0; i < policy->address_count && i < NET_ADDRESSES; i++)
        if (policy->addresses[i] == address)
            return true;
    return false;
}

static bool is_none(const uint8_t *at)
{
    return at[0] == 0 && at[1] == 0 && at[2] == 0 && at[3] == 0;
}

/* From a client that has no address yet to a DHCP server. */
static bool is_dhcp(const uint8_t *ip, size_t bytes)
{
    size_t header = (ip[0] & 15U) * 4;
    const uint8_t *udp = ip + header;

    return bytes >= header + UDP_HEADER && ip[IP4_PROTOCOL] == PROTOCOL_UDP &&
           (get16(ip + IP4_FRAGMENT) & NOT_WHOLE) == 0 && get16(udp) == DHCP_CLIENT &&
           get16(udp + 2) == DHCP_SERVER;
}

static bool ip4_allowed(const struct net_policy *policy, const uint8_t *ip, size_t bytes)
{
    if (bytes < IP4_HEADER || ip[0] >> 4 != 4 || (ip[0] & 15) < IP4_HEADER / 4)
        return false;
    return is_ours(policy, ip + IP4_SOURCE) || (is_none(ip + IP4_SOURCE) && is_dhcp(ip, bytes));
}

/* A sender without an address asks whether one is free. */
static bool arp_allowed(const struct net_policy *policy, const uint8_t *arp, size_t bytes,
                        const uint8_t *source)
{
    static const uint8_t ether_ip4[] = { 0, 1, 8, 0, 6, 4, 0 };     /* ... and an operation below 256 */

    if (bytes < ARP_BYTES || memcmp(arp, ether_ip4, sizeof(ether_ip4)) != 0 || (arp[7] != 1 && arp[7] != 2))
        return false;
    return memcmp(arp + ARP_SENDER_MAC, source, NET_MAC) == 0 &&
           (is_ours(policy, arp + ARP_SENDER_IP) || (arp[7] == 1 && is_none(arp + ARP_SENDER_IP)));
}

bool policy_allows(const struct net_policy *policy, const struct packet *p)
{
    const uint8_t *frame = p->pieces[0].at;
    size_t bytes = p->pieces[0].bytes;

    if (!policy->locked && policy->address_count == 0)
        return true;
    if (bytes < ETHER_HEADER || (policy->locked && memcmp(frame + ETHER_SOURCE, policy->mac, NET_MAC) != 0))
        return false;
    if (policy->address_count == 0)
        return true;
    switch (get16(frame + ETHER_TYPE)) {
    case TYPE_IP4:
        return ip4_allowed(policy, frame + ETHER_HEADER, bytes - ETHER_HEADER);
    case TYPE_ARP:
        return arp_allowed(policy, frame + ETHER_HEADER, bytes - ETHER_HEADER, frame + ETHER_SOURCE);
    default:
        return false;
    }
}
