/* address.c: see address.h. */
#include "address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A decimal number up to max at *at, which is moved behind it. */
static bool take_number(const char **at, unsigned max, unsigned *value)
{
    const char *begin = *at;
    unsigned n = 0;

    while (isdigit((unsigned char)**at) && n <= max)
        n = n * 10 + (unsigned)(*(*at)++ - '0');
    *value = n;
    return *at > begin && n <= max && !(begin[0] == '0' && *at > begin + 1);
}

static bool take_address(const char **at, uint32_t *address)
{
    uint32_t result = 0;
    unsigned part;

    for (unsigned i = 0; i < 4; i++) {
        if (i > 0 && *(*at)++ != '.')
            return false;
        if (!take_number(at, 255, &part))
            return false;
        result = result << 8 | part;
    }
    *address = result;
    return true;
}

bool address_parse(const char *text, uint32_t *address)
{
    uint32_t result;

    if (!take_address(&text, &result) || *text)
        return false;
    *address = result;
    return true;
}

bool address_parse_network(const char *text, uint32_t *address, unsigned *bits)
{
    unsigned length = 32;
    uint32_t result;

    if (!take_address(&text, &result))
        return false;
    if (*text == '/') {
        text++;
        if (!take_number(&text, 32, &length))
            return false;
    }
    if (*text)
        return false;
    *address = result;
    *bits = length;
    return true;
}

bool mac_parse(const char *text, uint8_t mac[6])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t result[6];

    if (strlen(text) != MAC_TEXT - 1)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        const char *high = strchr(digits, tolower((unsigned char)text[3 * i]));
        const char *low = strchr(digits, tolower((unsigned char)text[3 * i + 1]));

        if (!high || !low || (i < 5 && text[3 * i + 2] != ':'))
            return false;
        result[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    memcpy(mac, result, sizeof(result));
    return true;
}

bool port_parse(const char *text, uint16_t *port)
{
    unsigned value;

    if (!take_number(&text, 65535, &value) || *text || value == 0)
        return false;
    *port = (uint16_t)value;
    return true;
}

char *address_text(uint32_t address, char text[ADDRESS_TEXT])
{
    snprintf(text, ADDRESS_TEXT, "%u.%u.%u.%u", (unsigned)(address >> 24), (unsigned)(address >> 16 & 0xff),
             (unsigned)(address >> 8 & 0xff), (unsigned)(address & 0xff));
    return text;
}

char *mac_text(const uint8_t *mac, char text[MAC_TEXT])
{
    snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return text;
}
