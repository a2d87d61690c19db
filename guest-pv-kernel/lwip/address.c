/* address.c: addresses of interfaces: given, or by DHCP. */
#include "private.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/netif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/net.h>
#include <pv/thread.h>

static struct pv_waitq changes = PV_WAITQ_INIT;

void pv_net_changed(struct netif *netif)
{
    (void)netif;
    pv_wake(&changes);
}

/* "10.0.0.5/24 10.0.0.1": an address, the mask, the gateway. */
static bool parse(const char *text, ip4_addr_t *address, ip4_addr_t *mask, ip4_addr_t *gateway)
{
    char copy[48], *next = copy, *word, *prefix, *end;
    unsigned long bits = 24;
    u32_t network;

    if (strlen(text) >= sizeof(copy))
        return false;
    strcpy(copy, text);
    word = strsep(&next, " ");
    prefix = strchr(word, '/');
    if (prefix) {
        *prefix++ = '\0';
        bits = strtoul(prefix, &end, 10);
        if (end == prefix || *end != '\0' || bits < 1 || bits > 32)
            return false;
    }
    if (!ip4addr_aton(word, address) || ip4_addr_isany(address))
        return false;
    network = lwip_htonl(0xffffffffU << (32 - bits));
    ip4_addr_set_u32(mask, network);
    word = next ? strsep(&next, " ") : NULL;
    if (word && *word)
        return ip4addr_aton(word, gateway);
    ip4_addr_set_u32(gateway, (ip4_addr_get_u32(address) & network) | (bits <= 30 ? lwip_htonl(1) : 0));
    if (bits > 30)
        ip4_addr_set_zero(gateway);
    return true;
}

int pv_net_static(struct netif *netif, const char *address)
{
    ip4_addr_t own, mask, gateway;

    if (!parse(address, &own, &mask, &gateway))
        return -EINVAL;
    pv_net_lock();
    dhcp_stop(netif);
    netif_set_addr(netif, &own, &mask, &gateway);
    pv_net_unlock();
    return 0;
}

int pv_net_dhcp(struct netif *netif)
{
    err_t err;

    pv_net_lock();
    err = dhcp_start(netif);
    pv_net_unlock();
    return -err_to_errno(err);
}

static bool has_address(struct netif *netif)
{
    return netif_is_up(netif) && netif_is_link_up(netif) && !ip4_addr_isany_val(*netif_ip4_addr(netif));
}

int pv_net_wait(struct netif *netif, uint64_t deadline_ns)
{
    while (!has_address(netif))
        if (!pv_wait(&changes, deadline_ns))
            return has_address(netif) ? 0 : -ETIMEDOUT;
    return 0;
}

char *pv_net_address(struct netif *netif, char *buf)
{
    return ip4addr_ntoa_r(netif_ip4_addr(netif), buf, IP4ADDR_STRLEN_MAX);
}

char *pv_net_gateway(struct netif *netif, char *buf)
{
    return ip4addr_ntoa_r(netif_ip4_gw(netif), buf, IP4ADDR_STRLEN_MAX);
}

int pv_net_name_server(unsigned which, const char *address)
{
    ip_addr_t server;
    int rc = pv_net_init();

    if (rc != 0 || which >= DNS_MAX_SERVERS || !ipaddr_aton(address, &server))
        return rc != 0 ? rc : -EINVAL;
    pv_net_lock();
    dns_setserver((u8_t)which, &server);
    pv_net_unlock();
    return 0;
}
