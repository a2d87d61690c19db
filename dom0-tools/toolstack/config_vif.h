/* One network interface of a configuration, in the language of xl-network-configuration. Pure. */
#ifndef ENSO_TOOLSTACK_CONFIG_VIF_H
#define ENSO_TOOLSTACK_CONFIG_VIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_VIFS           8     /* of a domain */
#define CONFIG_NET_NAME_SIZE  16    /* bytes of a bridge's or an interface's name, with the final 0 */
#define CONFIG_VIF_ADDRESSES  4
#define CONFIG_IP_SIZE        64
#define CONFIG_MAC_SIZE       6
#define CONFIG_MAC_TEXT_SIZE  18    /* "00:16:3e:01:02:03" and the final 0 */
#define CONFIG_BRIDGE_DEFAULT "xenbr0"

struct config_vif {
    bool has_mac;                               /* false: whoever creates the interface chooses one */
    uint8_t mac[CONFIG_MAC_SIZE];
    char bridge[CONFIG_NET_NAME_SIZE];
    char name[CONFIG_NET_NAME_SIZE];            /* of the control domain's end, "" for vifDOMID.HANDLE */
    char ip[CONFIG_IP_SIZE];                    /* as it was written, "" none */
    unsigned address_count;
    uint32_t addresses[CONFIG_VIF_ADDRESSES];   /* of `ip`, network byte order: the guest may use no others */
    /* so many bytes from the guest in so many microseconds; 0: no limit */
    uint32_t rate_bytes, rate_us;
    unsigned mtu;                               /* 0: not given */
    bool any_source;                            /* the guest may send from any MAC address */
    bool distrusted;                            /* the guest is told not to trust the backend */
    bool has_handle;
    unsigned handle;                            /* `devid` */
};

/* Reads KEY=VALUE fields, none at all too. True; false with what is wrong in problem[size]. */
bool config_vif_parse(const char *text, struct config_vif *vif, char *problem, size_t size);

/* An address of a single station: six pairs of hexadecimal digits with colons. False: it is none, or one of a
 * group. */
bool config_mac_parse(const char *text, uint8_t mac[CONFIG_MAC_SIZE]);
void config_mac_text(const uint8_t mac[CONFIG_MAC_SIZE], char text[CONFIG_MAC_TEXT_SIZE]);

/* One to four IPv4 addresses between blanks, each with an optional /LENGTH that says nothing here; or
 * address, netmask and gateway, as small guests want it, of which the first counts. How many addresses; 0: it
 * is none of this. */
unsigned config_ip_parse(const char *text, uint32_t addresses[CONFIG_VIF_ADDRESSES]);

/* 10Mb/s, 250KB/s@20ms: bytes in an interval. False: it is none, or beyond 32 bits. */
bool config_rate_parse(const char *text, uint32_t *bytes, uint32_t *us);

#endif
