/* net.c: starting the stack; interfaces; what stands between them and lwIP: checksums that somebody else
 * completes or has checked. */
#include "private.h"
#include "hooks.h"
#include "lwip/dhcp.h"
#include "lwip/ethip6.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/tcp.h"
#include "lwip/tcpip.h"
#include "netif/ethernet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/net.h>

struct interface {
    struct netif netif;             /* first: pv_net_remove() frees by it */
    struct pv_net_device device;
};

static bool (*filter)(struct pbuf *p, struct netif *input);

int pv_net_init(void)
{
    static bool started;

    if (started)
        return 0;
    started = true;
    pv_net_memory_init();
    pv_net_random_init();
    tcpip_init(NULL, NULL);
    return 0;
}

void pv_net_lock(void)
{
    LOCK_TCPIP_CORE();
}

void pv_net_unlock(void)
{
    UNLOCK_TCPIP_CORE();
}

void pv_net_filter(bool (*fn)(struct pbuf *p, struct netif *input))
{
    filter = fn;
}

int pv_net_ip4_hook(struct pbuf *p, struct netif *input)
{
    return filter && filter(p, input);
}

/* ---- sending ---- */

/* Prepares a TCP frame, as lwIP makes them (headers in the first piece, no IPv6 extensions), to be completed
 * by who sends it: its checksum becomes the sum of the pseudo header. Where the sum begins, 0 if the frame is
 * something else. */
static unsigned blank_checksum(struct pbuf *p)
{
    const uint8_t *frame = p->payload;
    unsigned ip = SIZEOF_ETH_HDR, tcp = 0, address_bytes = 0;
    uint16_t type, length, sum;
    struct { uint16_t zero, protocol, length, addresses; } pseudo;
    struct tcp_hdr *header;

    memcpy(&type, frame + 12, 2);
    if (type == PP_HTONS(ETHTYPE_IP) && p->len >= ip + IP_HLEN && frame[ip + 9] == IP_PROTO_TCP) {
        tcp = ip + (frame[ip] & 15U) * 4;
        address_bytes = 8;
    } else if (type == PP_HTONS(ETHTYPE_IPV6) && p->len >= ip + IP6_HLEN && frame[ip + 6] == IP_PROTO_TCP) {
        tcp = ip + IP6_HLEN;
        address_bytes = 32;
    }
    if (tcp == 0 || p->len < tcp + TCP_HLEN)
        return 0;
    length = (uint16_t)(p->tot_len - tcp);
    sum = pv_net_checksum(frame + ip + (address_bytes == 8 ? 12 : 8), (int)address_bytes);
    pseudo.zero = 0;
    pseudo.protocol = PP_HTONS(IP_PROTO_TCP);
    pseudo.length = lwip_htons(length);
    pseudo.addresses = sum;
    header = (struct tcp_hdr *)(void *)((uint8_t *)p->payload + tcp);
    header->chksum = pv_net_checksum(&pseudo, sizeof(pseudo));
    return tcp;
}

static err_t link_output(struct netif *n, struct pbuf *p)
{
    struct interface *i = (struct interface *)n;
    unsigned start = i->device.flags & PV_NET_CHECKSUM ? blank_checksum(p) : 0;
    unsigned offset = start ? offsetof(struct tcp_hdr, chksum) : 0;

    return i->device.output(i->device.arg, p, start, offset) == 0 ? ERR_OK : ERR_MEM;
}

/* ---- receiving ---- */

struct pbuf *pv_net_frame(size_t bytes)
{
    struct pbuf *p;

    if (bytes > UINT16_MAX)
        return NULL;
    pv_net_receiving = true;
    p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_RAM);
    pv_net_receiving = false;
    return p;
}

void pv_net_input(struct netif *n, struct pbuf *p, bool verified)
{
    struct interface *i = (struct interface *)n;
    const struct eth_hdr *header = p->payload;
    u16_t flags;

    if (p->len < SIZEOF_ETH_HDR ||
        (header->type == PP_HTONS(ETHTYPE_IPV6) && !(i->device.flags & PV_NET_IPV6))) {
        pbuf_free(p);
        return;
    }
    pv_net_lock();
    flags = n->chksum_flags;
    n->chksum_flags = verified ? flags & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)
                               : flags | NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
    pv_net_receiving = true;
    if (ethernet_input(p, n) != ERR_OK)
        pbuf_free(p);
    pv_net_receiving = false;
    n->chksum_flags = flags;
    pv_net_unlock();
}

/* ---- interfaces ---- */

static err_t interface_init(struct netif *n)
{
    struct interface *i = (struct interface *)n;

    n->name[0] = 'e';
    n->name[1] = 'n';
    n->mtu = i->device.mtu;
    n->hwaddr_len = 6;
    memcpy(n->hwaddr, i->device.mac, 6);
    n->output = etharp_output;
    n->output_ip6 = ethip6_output;
    n->linkoutput = link_output;
    n->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
    /* Packets to our own address come back without having been summed: what says nothing is not looked at. */
    n->chksum_flags = NETIF_CHECKSUM_ENABLE_ALL;
    if (i->device.flags & PV_NET_CHECKSUM)
        n->chksum_flags &= (u16_t)~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_CHECK_TCP);
    return ERR_OK;
}

static void start_ipv6(struct netif *n)
{
    netif_create_ip6_linklocal_address(n, 1);
    netif_set_ip6_autoconfig_enabled(n, 1);
}

int pv_net_add(const struct pv_net_device *device, struct netif **netif)
{
    struct interface *i;
    int rc = pv_net_init();

    *netif = NULL;
    i = rc == 0 ? calloc(1, sizeof(*i)) : NULL;
    if (!i)
        return rc != 0 ? rc : -ENOMEM;
    i->device = *device;
    pv_net_lock();
    if (netif_add(&i->netif, NULL, NULL, NULL, NULL, interface_init, tcpip_input)) {
        *netif = &i->netif;
        netif_set_status_callback(&i->netif, pv_net_changed);
        netif_set_link_callback(&i->netif, pv_net_changed);
        if (!netif_default)
            netif_set_default(&i->netif);
        if (device->flags & PV_NET_IPV6)
            start_ipv6(&i->netif);
        netif_set_up(&i->netif);
    }
    pv_net_unlock();
    if (*netif)
        return 0;
    free(i);
    return -ENOMEM;
}

void pv_net_remove(struct netif *netif)
{
    pv_net_lock();
    dhcp_release_and_stop(netif);
    dhcp_cleanup(netif);
    netif_remove(netif);
    pv_net_unlock();
    free(netif);
}

/* IPv6's addresses are made of it. */
static void renew_ipv6(struct netif *n)
{
    for (s8_t k = 0; k < LWIP_IPV6_NUM_ADDRESSES; k++)
        netif_ip6_addr_set_state(n, k, IP6_ADDR_INVALID);
    netif_create_ip6_linklocal_address(n, 1);
}

void pv_net_set_mac(struct netif *netif, const uint8_t mac[6])
{
    struct interface *i = (struct interface *)netif;

    pv_net_lock();
    if (memcmp(netif->hwaddr, mac, 6) != 0) {
        memcpy(netif->hwaddr, mac, 6);
        if (i->device.flags & PV_NET_IPV6)
            renew_ipv6(netif);
    }
    pv_net_unlock();
}

void pv_net_set_link(struct netif *netif, bool up)
{
    pv_net_lock();
    if (up)
        netif_set_link_up(netif);
    else
        netif_set_link_down(netif);
    pv_net_unlock();
}
