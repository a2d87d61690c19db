/* config_vif.c: see config_vif.h. */
#include "config_vif.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_spec.h"

#define FIELD_SIZE 128
#define MTU_LEAST  68u
#define MTU_MOST   1500u
#define HANDLES    65536u

/* ---- addresses ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool config_mac_parse(const char *text, uint8_t mac[CONFIG_MAC_SIZE])
{
    static const uint8_t none[CONFIG_MAC_SIZE];
    uint8_t bytes[CONFIG_MAC_SIZE];

    if (strlen(text) != CONFIG_MAC_TEXT_SIZE - 1)
        return false;
    for (unsigned i = 0; i < CONFIG_MAC_SIZE; i++, text += 3) {
        int high = digit_of(text[0]), low = digit_of(text[1]);

        if (high < 0 || low < 0 || (i + 1 < CONFIG_MAC_SIZE && text[2] != ':'))
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    if ((bytes[0] & 1) || memcmp(bytes, none, sizeof(none)) == 0)
        return false;
    memcpy(mac, bytes, sizeof(bytes));
    return true;
}

void config_mac_text(const uint8_t mac[CONFIG_MAC_SIZE], char text[CONFIG_MAC_TEXT_SIZE])
{
    snprintf(text, CONFIG_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
}

/* Digits and nothing else, up to `most`; what ended them is in *text. */
static bool decimal(const char **text, uint64_t most, uint64_t *value)
{
    uint64_t n = 0;
    const char *p = *text;

    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (uint64_t)(*p - '0');
        if (n > most)
            return false;
    }
    if (p == *text)
        return false;
    *value = n;
    *text = p;
    return true;
}

/* One dotted address, and /LENGTH if there is one; *host has its bits in order. */
static bool dotted(const char **text, uint32_t *host)
{
    uint64_t n;

    *host = 0;
    for (unsigned i = 0; i < 4; i++) {
        if ((i > 0 && *(*text)++ != '.') || !decimal(text, 255, &n))
            return false;
        *host = *host << 8 | (uint32_t)n;
    }
    if (**text == '/' && (++*text, !decimal(text, 32, &n)))
        return false;
    return **text == 0 || **text == ' ';
}

/* Ones, then zeros; such an address is nobody's. */
static bool is_netmask(uint32_t host)
{
    return host >= 0xff000000u && ((~host + 1) & ~host) == 0;
}

/* An address that one station can have. */
static bool is_single(uint32_t host)
{
    return host >= 0x01000000u && host < 0xe0000000u && host >> 24 != 127;
}

unsigned config_ip_parse(const char *text, uint32_t addresses[CONFIG_VIF_ADDRESSES])
{
    uint32_t hosts[CONFIG_VIF_ADDRESSES];
    unsigned n = 0;

    for (text += strspn(text, " "); *text; text += strspn(text, " "))
        if (n == CONFIG_VIF_ADDRESSES || !dotted(&text, &hosts[n++]))
            return 0;
    if (n > 1 && n <= 3 && is_netmask(hosts[1]))
        n = 1;
    for (unsigned i = 0; i < n; i++) {
        if (!is_single(hosts[i]))
            return 0;
        addresses[i] = __builtin_bswap32(hosts[i]);
    }
    return n;
}

/* ---- rates ---- */

static uint64_t multiplier(const char **text)
{
    static const char letters[] = "KMG";
    const char *at = **text ? strchr(letters, **text) : NULL;
    uint64_t n = 1;

    if (!at)
        return 1;
    ++*text;
    for (const char *p = letters; p <= at; p++)
        n *= 1000;
    return n;
}

static bool interval(const char *text, uint64_t *us)
{
    uint64_t scale = 1000000;

    if (!decimal(&text, UINT32_MAX, us))
        return false;
    if (*text == 'm' || *text == 'u')
        scale = *text++ == 'm' ? 1000 : 1;
    *us *= scale;
    return strcmp(text, "s") == 0 && *us > 0 && *us <= UINT32_MAX;
}

bool config_rate_parse(const char *text, uint32_t *bytes, uint32_t *us)
{
    uint64_t rate, time = 50000;

    if (!decimal(&text, UINT32_MAX, &rate))
        return false;
    rate *= multiplier(&text);
    if (*text != 'b' && *text != 'B')
        return false;
    if (*text++ == 'b')
        rate /= 8;
    if (strncmp(text, "/s", 2) != 0 || (text[2] && (text[2] != '@' || !interval(text + 3, &time))))
        return false;
    if (rate > UINT64_MAX / time)
        return false;
    rate = rate * time / 1000000;
    if (rate == 0 || rate > UINT32_MAX)
        return false;
    *bytes = (uint32_t)rate;
    *us = (uint32_t)time;
    return true;
}

/* ---- a specification ---- */

static struct config_vif *vif_of(struct spec *s)
{
    return s->to;
}

static void set_mac(struct spec *s, const char *value)
{
    vif_of(s)->has_mac = config_mac_parse(value, vif_of(s)->mac);
    if (!vif_of(s)->has_mac)
        spec_wrong(s, "mac `%.40s` is no address of a single station, such as 00:16:3e:01:02:03", value);
}

static bool is_name(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
            return false;
    return length > 0 && length < CONFIG_NET_NAME_SIZE && isalnum((unsigned char)text[0]);
}

static void set_name(struct spec *s, const char *key, const char *value, char name[CONFIG_NET_NAME_SIZE])
{
    if (!is_name(value))
        spec_wrong(s, "%s `%.40s`: a name has 1 to %d letters, digits, - _ and .", key, value,
              CONFIG_NET_NAME_SIZE - 1);
    else
        strcpy(name, value);
}

static void set_bridge(struct spec *s, const char *value)
{
    set_name(s, "bridge", value, vif_of(s)->bridge);
}

static void set_vifname(struct spec *s, const char *value)
{
    set_name(s, "vifname", value, vif_of(s)->name);
}

static void set_ip(struct spec *s, const char *value)
{
    struct config_vif *v = vif_of(s);

    v->address_count = strlen(value) < sizeof(v->ip) ? config_ip_parse(value, v->addresses) : 0;
    if (v->address_count == 0)
        spec_wrong(s, "ip `%.60s`: must be one to %d IPv4 addresses, or address, netmask and gateway", value,
              CONFIG_VIF_ADDRESSES);
    else
        strcpy(v->ip, value);
}

static void set_rate(struct spec *s, const char *value)
{
    if (!config_rate_parse(value, &vif_of(s)->rate_bytes, &vif_of(s)->rate_us))
        spec_wrong(s, "rate `%.40s`: must be as 10Mb/s or 250KB/s@20ms", value);
}

static void set_type(struct spec *s, const char *value)
{
    if (strcmp(value, "vif") != 0)
        spec_wrong(s, "type `%.40s`: there is one, vif; cards are not emulated", value);
}

static void set_model(struct spec *s, const char *value)
{
    spec_wrong(s, "model `%.40s`: cards are not emulated; remove it", value);
}

static void set_script(struct spec *s, const char *value)
{
    if (*value)
        spec_wrong(s, "script: the control domain runs no scripts; name a `bridge`");
}

static void set_gatewaydev(struct spec *s, const char *value)
{
    if (*value)
        spec_wrong(s, "gatewaydev: interfaces are bridged, not routed; name a `bridge`");
}

static void set_backend(struct spec *s, const char *value)
{
    if (*value && strcmp(value, "0") != 0 && strcmp(value, "Domain-0") != 0)
        spec_wrong(s, "backend `%.40s`: interfaces come from the control domain", value);
}

static bool number(const char *value, uint64_t least, uint64_t most, unsigned *to)
{
    uint64_t n;

    if (!decimal(&value, most, &n) || *value || n < least)
        return false;
    *to = (unsigned)n;
    return true;
}

static void set_devid(struct spec *s, const char *value)
{
    vif_of(s)->has_handle = number(value, 0, HANDLES - 1, &vif_of(s)->handle);
    if (!vif_of(s)->has_handle)
        spec_wrong(s, "devid `%.40s`: must be a number from 0 to %u", value, HANDLES - 1);
}

static void set_mtu(struct spec *s, const char *value)
{
    if (!number(value, MTU_LEAST, MTU_MOST, &vif_of(s)->mtu))
        spec_wrong(s, "mtu `%.40s`: must be a number from %u to %u", value, MTU_LEAST, MTU_MOST);
}

static void set_flag(struct spec *s, const char *key, const char *value, bool *no)
{
    if (strcmp(value, "0") == 0 || strcmp(value, "no") == 0 || strcmp(value, "off") == 0)
        *no = true;
    else if (strcmp(value, "1") == 0 || strcmp(value, "yes") == 0 || strcmp(value, "on") == 0)
        *no = false;
    else
        spec_wrong(s, "%s `%.40s`: must be 0 or 1", key, value);
}

static void set_trusted(struct spec *s, const char *value)
{
    set_flag(s, "trusted", value, &vif_of(s)->distrusted);
}

static void set_antispoof(struct spec *s, const char *value)
{
    set_flag(s, "antispoof", value, &vif_of(s)->any_source);
}

static const struct spec_key keys[] = {
    { "mac", set_mac }, { "bridge", set_bridge }, { "ip", set_ip }, { "rate", set_rate },
    { "vifname", set_vifname }, { "type", set_type }, { "model", set_model }, { "script", set_script },
    { "gatewaydev", set_gatewaydev },
    { "backend", set_backend }, { "devid", set_devid }, { "mtu", set_mtu }, { "trusted", set_trusted },
    { "antispoof", set_antispoof },
};

static void read_field(struct spec *s, const char *field)
{
    if (*field && !strchr(field, '='))
        spec_wrong(s, "`%.40s`: must be KEY=VALUE", field);
    else if (*field)
        spec_set(s, keys, sizeof(keys) / sizeof(keys[0]), field);
}

bool config_vif_parse(const char *text, struct config_vif *vif, char *problem, size_t size)
{
    struct spec s = { vif, problem, size, false };
    char field[FIELD_SIZE];

    memset(vif, 0, sizeof(*vif));
    strcpy(vif->bridge, CONFIG_BRIDGE_DEFAULT);
    while (*text && !s.failed)
        if (spec_next(&s, &text, field, sizeof(field)))
            read_field(&s, field);
    return !s.failed;
}
