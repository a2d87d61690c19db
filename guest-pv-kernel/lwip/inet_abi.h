/* inet_abi.h: the kit's own <netinet/in.h> and <arpa/inet.h>, and the conversions that lwIP expects beside
 * them. */
#ifndef PV_LWIP_INET_ABI_H
#define PV_LWIP_INET_ABI_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include "lwip/def.h"
#include "lwip/ip6_addr.h"
#include "lwip/ip_addr.h"

#define inet_addr_from_ip4addr(to, from) ((to)->s_addr = ip4_addr_get_u32(from))
#define inet_addr_to_ip4addr(to, from) (ip4_addr_set_u32(to, (from)->s_addr))
#define inet6_addr_from_ip6addr(to, from) memcpy((to)->s6_addr, (from)->addr, 16)
#define inet6_addr_to_ip6addr(to, from) \
    do { \
        memcpy((to)->addr, (from)->s6_addr, 16); \
        ip6_addr_clear_zone(to); \
    } while (0)

#endif
