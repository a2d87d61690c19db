/* What a configuration says of a disk or of an interface, and addresses, rates and names by themselves. The
 * last byte chooses; what is accepted obeys the rules that others rely on. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "toolstack/config_disk.h"
#include "toolstack/config_vif.h"

static void check_text(const char *text, size_t size)
{
    if (strnlen(text, size) == size)
        kit_wrong("a text without an end");
}

static void disk(const char *text)
{
    struct config_disk d;
    char problem[80];

    if (!config_disk_parse(text, &d, problem, sizeof(problem))) {
        check_text(problem, sizeof(problem));
        if (!problem[0])
            kit_wrong("refused without a reason");
        return;
    }
    check_text(d.target, sizeof(d.target));
    check_text(d.vdev, sizeof(d.vdev));
    if (!d.target[0] || !d.vdev[0] || d.number > INT32_MAX || (d.cdrom && !d.read_only))
        kit_wrong("disk %u is accepted", d.number);
}

static void vif(const char *text)
{
    struct config_vif v;
    char problem[80];

    if (!config_vif_parse(text, &v, problem, sizeof(problem))) {
        check_text(problem, sizeof(problem));
        if (!problem[0])
            kit_wrong("refused without a reason");
        return;
    }
    check_text(v.bridge, sizeof(v.bridge));
    check_text(v.name, sizeof(v.name));
    check_text(v.ip, sizeof(v.ip));
    if (v.address_count > CONFIG_VIF_ADDRESSES || (v.has_mac && v.mac[0] & 1) ||
        (v.rate_bytes && !v.rate_us) || strchr(v.bridge, '/') || strchr(v.name, '/'))
        kit_wrong("an interface is accepted that cannot be");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t addresses[CONFIG_VIF_ADDRESSES], bytes, us;
    uint8_t mac[CONFIG_MAC_SIZE];
    char *text;

    if (size == 0)
        return 0;
    text = malloc(size);
    memcpy(text, data, size - 1);
    text[size - 1] = 0;
    switch (data[size - 1] % 6) {
    case 0:
        disk(text);
        break;
    case 1:
        vif(text);
        break;
    case 2:
        if (config_ip_parse(text, addresses) > CONFIG_VIF_ADDRESSES)
            kit_wrong("too many addresses");
        break;
    case 3:
        if (config_rate_parse(text, &bytes, &us) && (bytes == 0 || us == 0))
            kit_wrong("a rate of nothing");
        break;
    case 4:
        if (config_mac_parse(text, mac) && mac[0] & 1)
            kit_wrong("the address of a group");
        break;
    default:
        if (config_vdev_number(text, &bytes) && bytes > INT32_MAX)
            kit_wrong("device %u", bytes);
        break;
    }
    free(text);
    return 0;
}
