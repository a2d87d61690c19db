/* address.h: addresses as text. Pure; numbers in host order. */
#ifndef ENSO_SERVICES_ADDRESS_H
#define ENSO_SERVICES_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT 16
#define MAC_TEXT     18

/* "192.168.1.2", four decimal numbers without leading zeros; the whole text. Nothing is stored on an
 * error. */
bool address_parse(const char *text, uint32_t *address);
/* "192.168.1.2/24"; without a length, *bits is 32. */
bool address_parse_network(const char *text, uint32_t *address, unsigned *bits);
/* "00:16:3e:01:02:03". */
bool mac_parse(const char *text, uint8_t mac[6]);
/* 1 to 65535. */
bool port_parse(const char *text, uint16_t *port);

/* Return text. */
char *address_text(uint32_t address, char text[ADDRESS_TEXT]);
char *mac_text(const uint8_t *mac, char text[MAC_TEXT]);

static inline uint32_t address_mask(unsigned bits)
{
    return bits ? ~UINT32_C(0) << (32 - bits) : 0;
}

#endif
