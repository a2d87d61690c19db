/* stations.h: what the store says of the domains' interfaces: who has which MAC address, and the address that
 * `ip=` gave. A thread reads it anew when something has changed there; the questions are answered from
 * memory. Threads only; only stations_start() waits. */
#ifndef ENSO_SERVICES_STATIONS_H
#define ENSO_SERVICES_STATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#include "../net/port.h"
#include "../toolstack/config.h"

struct station {
    domid_t domid;
    unsigned handle;
    uint8_t mac[NET_MAC];
    uint32_t address;                   /* host order; 0: none configured */
    char bridge[NET_NAME];
    char domain[CONFIG_NAME_SIZE];
};

/* `changed` is called (by the thread) after each reading. */
int stations_start(void (*changed)(void));

/* Reads them anew now. */
void stations_refresh(void);

/* The one at an index; NULL behind the last. Valid until the caller waits. */
const struct station *stations_at(unsigned index);

/* The one with a MAC address, with a configured address, or the first one of a domain on a bridge; NULL.
 * Valid until the caller waits. */
const struct station *stations_by_mac(const uint8_t *mac);
const struct station *stations_by_address(uint32_t address);
const struct station *stations_by_domain(const char *domain, const char *bridge);

#endif
