/* device.c: see device.h. Linked with --wrap=printf: what a backend prints is counted, since a guest that
 * makes it print as often as it likes hides what matters on the console. */
#include "device.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <xen/io/xenbus.h>
#include <pv/error.h>

#include "kit.h"
#include "store.h"

#define LINES 4u                /* for each device that is attached */

static const char *type;
static unsigned attached, lines;

static char *next_path(void)
{
    static char paths[4][KIT_PATH];
    static unsigned turn;

    return paths[turn++ % 4];
}

const char *device_back(domid_t domid, unsigned id, const char *key)
{
    char *path = next_path();

    snprintf(path, KIT_PATH, "/local/domain/0/backend/%s/%u/%u%s%s", type, domid, id, key ? "/" : "",
             key ? key : "");
    return path;
}

const char *device_front(domid_t domid, unsigned id, const char *key)
{
    char *path = next_path();

    snprintf(path, KIT_PATH, "/local/domain/%u/device/%s/%u%s%s", domid, type, id, key ? "/" : "",
             key ? key : "");
    return path;
}

void device_start(const char *of)
{
    type = of;
    attached = lines = 0;
}

void device_attach(domid_t domid, unsigned id)
{
    attached++;
    kit_store_set(device_front(domid, id, "state"), "1");
    kit_store_set(device_back(domid, id, "state"), "1");
    kit_store_set(device_back(domid, id, "online"), "1");
}

void device_anew(void)
{
    lines = 0;
}

bool device_is_attached(domid_t domid, unsigned id)
{
    return kit_store_has(device_back(domid, id, "online"));
}

/* ---- values ---- */

/* NULL for none; mostly a small number. */
static const char *any_value(void)
{
    static const char *const texts[] = {
        "x86_64-abi", "x86_32-abi", "", "-1", "4294967296", "18446744073709551616", "0x3", " 4", "%s%n", NULL,
    };
    static char number[24];
    unsigned how = kit_byte();

    if (how < 16)
        return texts[how % (sizeof(texts) / sizeof(texts[0]))];
    if (how < 32)
        snprintf(number, sizeof(number), "%lu", (unsigned long)kit_u32());
    else
        snprintf(number, sizeof(number), "%u", how & 7);
    return number;
}

static void set_long_value(const char *path)
{
    char bytes[4000];

    memset(bytes, kit_byte(), sizeof(bytes));
    kit_store_set_bytes(path, bytes, kit_byte() * 16u % sizeof(bytes));
}

/* ---- steps ---- */

static void end_some(unsigned id)
{
    unsigned how = kit_byte();

    if (!device_is_attached(KIT_PEER, id))
        return;
    kit_store_set(device_back(KIT_PEER, id, "force"), how & 1 ? "1" : NULL);
    kit_store_set(device_back(KIT_PEER, id, "online"), how & 2 ? "1" : "0");
}

void device_step(unsigned step, bool back, unsigned id, const char *(*any_key)(void))
{
    const char *path;
    unsigned moment;

    switch (step) {
    case DEVICE_END:
        end_some(id);
        break;
    case DEVICE_REMOVE:
        kit_store_set((back ? device_back : device_front)(KIT_PEER, id, NULL), NULL);
        break;
    case DEVICE_CHANGE:
        path = device_front(KIT_PEER, id, any_key());
        kit_store_set(path, any_value());
        break;
    case DEVICE_CHANGE_LATER:
        path = device_front(KIT_PEER, id, any_key());
        moment = kit_byte() % 64;
        kit_store_plan(moment, path, any_value());
        break;
    default:
        set_long_value(device_front(KIT_PEER, id, any_key()));
        break;
    }
}

/* ---- what is checked ---- */

static unsigned state_at(const char *path)
{
    const char *text = kit_store_get(path);

    return text[0] >= '0' && text[0] <= '9' && text[1] == 0 ? (unsigned)(text[0] - '0') : XenbusStateUnknown;
}

static bool answers(unsigned back, unsigned front, bool online)
{
    switch (front) {
    case XenbusStateInitialising:
    case XenbusStateInitWait:
        return back == XenbusStateClosed || (online && back == XenbusStateInitWait);
    case XenbusStateInitialised:
    case XenbusStateConnected:
        return (online && back == XenbusStateConnected) || back == XenbusStateClosing ||
               back == XenbusStateClosed;
    case XenbusStateClosing:
        return back == XenbusStateClosing || back == XenbusStateClosed;
    default:
        return back == XenbusStateClosed;
    }
}

void device_check(domid_t domid, unsigned id)
{
    unsigned front = state_at(device_front(domid, id, "state")),
             back = state_at(device_back(domid, id, "state"));
    const char *status = kit_store_get(device_back(domid, id, "hotplug-status"));
    bool online = strcmp(kit_store_get(device_back(domid, id, "online")), "1") == 0;

    if (status[0] == 0 && device_is_attached(domid, id))
        kit_wrong("device %u was not seen", id);
    if (strcmp(status, "connected") == 0 && !answers(back, front, online))
        kit_wrong("the front end's state is %u, the backend's %u, online %d", front, back, online);
}

void device_check_served(domid_t domid, unsigned id)
{
    if (state_at(device_back(domid, id, "state")) != XenbusStateInitWait)
        kit_wrong("another domain's device is not served");
}

int __wrap_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

int __wrap_printf(const char *format, ...)
{
    char text[200];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n >= (int)sizeof(text) || strcspn(text, "\n") + 1 != (size_t)n)
        kit_wrong("no line: %s", text);
    if (++lines > LINES * attached)
        kit_wrong("%u lines for %u devices: %s", lines, attached, text);
    return n;
}

const char *pv_errno_name(int err)
{
    return err ? "E" : "0";
}
