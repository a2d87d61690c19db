/* Addresses as text. */
#ifndef PV_ARPA_INET_H
#define PV_ARPA_INET_H

#include <netinet/in.h>

#ifdef __cplusplus
extern "C" {
#endif

in_addr_t inet_addr(const char *text);                      /* INADDR_NONE: not an address */
int inet_aton(const char *text, struct in_addr *address);   /* 1, or 0 for what is no address */
char *inet_ntoa(struct in_addr address);                    /* valid until the next call */
const char *inet_ntop(int family, const void *from, char *to, socklen_t size);
int inet_pton(int family, const char *text, void *to);      /* 1, 0 not an address, -1 no such family */

#ifdef __cplusplus
}
#endif

#endif
