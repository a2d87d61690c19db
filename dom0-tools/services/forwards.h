/* forwards.h: ports of the control domain's outer address that are forwarded to guests. A target is an
 * address of the guests' network, or a domain, which need not exist yet: its address is looked up again and
 * again. Threads only, nothing waits. */
#ifndef ENSO_SERVICES_FORWARDS_H
#define ENSO_SERVICES_FORWARDS_H

#include <stddef.h>

#include "../toolstack/config.h"
#include "inet.h"

#define FORWARDS_MOST 64U

struct forward {
    uint8_t protocol;                   /* IP_TCP, IP_UDP */
    uint16_t port, to_port;
    char target[CONFIG_NAME_SIZE];      /* as it was given */
    uint32_t address;                   /* of the target now, host order; 0: not known */
};

/* Reads "PORT" and "TARGET:PORT". False: problem[size] says what is wrong. */
bool forward_parse(const char *protocol, const char *port, const char *target, struct forward *f,
                   char *problem, size_t size);

/* -EEXIST the port is forwarded already; -ENOSPC too many. */
int forwards_add(const struct forward *f);
int forwards_delete(uint8_t protocol, uint16_t port);       /* -ENOENT */
const struct forward *forwards_at(unsigned index);          /* NULL behind the last */

/* Adds what a file says: a line each, "tcp 8080 web:80", `#` begins a comment. Wrong lines are named on the
 * console. A file that is not there is no error. */
void forwards_read(const char *path);

/* Looks the targets' addresses up with `find`, which says 0 for one that has none. */
void forwards_resolve(uint32_t (*find)(const char *domain));

/* For nat.h. */
bool forwards_find(void *arg, uint8_t protocol, uint16_t port, uint32_t *address, uint16_t *to_port);

#endif
