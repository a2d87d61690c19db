/*
 * services.h: the control domain as a member and router of its networks. eth0, if there is one, is its
 * interface to the outer network, with an address by DHCP; xenbr0 is a bridge for guests, made at boot, whose
 * router, DHCP server and DNS forwarder the control domain is.
 */
#ifndef ENSO_SERVICES_SERVICES_H
#define ENSO_SERVICES_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#define SERVICES_FORWARDS "/etc/forwards"

/* Starts them, once, after the drivers and the store. Errors: the networks are not there. */
int services_start(void);

/* Waits until the uplink has an address, if it is about to get one, at most until deadline_ns. True: it has
 * one. */
bool services_wait_uplink(uint64_t deadline_ns);

/* The uplink's address: by DHCP, or fixed: address/bits, router and name server (0: none), in host order.
 * -ENODEV there is no card. */
int services_use_dhcp(void);
int services_use_address(uint32_t address, unsigned bits, uint32_t router, uint32_t name_server);

/* The address of a domain on xenbr0: the configured one, or its lease; 0: none. */
uint32_t services_domain_address(const char *domain);

/* Looks the targets of the forwards up, now that there are others. */
void services_forwards_changed(void);

#endif
