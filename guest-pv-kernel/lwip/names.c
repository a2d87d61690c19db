/* names.c: names and addresses as text, under their usual names. */
#include "lwip/netdb.h"
#include "lwip/dns.h"
#include "lwip/ip4_addr.h"
#include "lwip/sockets.h"

#include <netdb.h>
#include <pv/net.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    return pv_net_init() != 0 ? EAI_MEMORY : lwip_getaddrinfo(node, service, hints, result);
}

void freeaddrinfo(struct addrinfo *info)
{
    lwip_freeaddrinfo(info);
}

struct hostent *gethostbyname(const char *name)
{
    return pv_net_init() != 0 ? NULL : lwip_gethostbyname(name);
}

const char *gai_strerror(int error)
{
    switch (error) {
    case 0:
        return "no error";
    case EAI_NONAME:
        return "no such name, or service";
    case EAI_SERVICE:
        return "services are numbers from 1 to 65535";
    case EAI_FAIL:
        return "the name servers do not know it, or did not answer";
    case EAI_MEMORY:
        return "no memory";
    case EAI_FAMILY:
        return "no such address family";
    default:
        return "unknown error";
    }
}

in_addr_t inet_addr(const char *text)
{
    return ipaddr_addr(text);
}

int inet_aton(const char *text, struct in_addr *address)
{
    return ip4addr_aton(text, (ip4_addr_t *)address);
}

char *inet_ntoa(struct in_addr address)
{
    return ip4addr_ntoa((const ip4_addr_t *)&address);
}

const char *inet_ntop(int family, const void *from, char *to, socklen_t size)
{
    return lwip_inet_ntop(family, from, to, size);
}

int inet_pton(int family, const char *text, void *to)
{
    return lwip_inet_pton(family, text, to);
}
