/*
 * The network backend against a frontend that writes what it likes into its part of the store, also
 * between two keys that are read, and into its rings, while the tools attach and take away its two
 * interfaces. Checked are the states that both ends must come to, that the console is not filled, that
 * everything is given back, and that another domain's interface is served meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#include "backends/net/netback.h"
#include "kit/device.h"
#include "kit/kit.h"
#include "kit/store.h"
#include "net/bridge.h"
#include "net/pool.h"

#define DEVICES 2u
#define FRAME   60u
#define PAGES   8u              /* the peer's first pages are rings, two for each pair */

static const unsigned ids[DEVICES] = { 0, 4294967295u };
static struct bridge *bridge;

/* ---- the tools ---- */

static void set_back(domid_t domid, unsigned id, const char *key, const char *value)
{
    kit_store_set(device_back(domid, id, key), value);
}

static void attach_some(unsigned device)
{
    static const char *const macs[] = { "00:16:3e:00:00:01", "00:16:3e:00:00:02", "00:16:3e:00:00:01",
                                        "none" };
    static const char *const bridges[] = { "br", "br", "br", "none" };
    static const char *const queues[] = { "1", "4", "2", "5" };
    static const char *const rates[] = { "", "1000,50000", "20000,0", "4294967296,1" };
    static const char *const names[] = { NULL, "eth", "vif6.0", "an-interface-with-a-long-name" };
    unsigned how = kit_byte(), more = kit_byte(), id = ids[device];

    if (device_is_attached(KIT_PEER, id))
        return;
    set_back(KIT_PEER, id, "mac", macs[how & 3]);
    set_back(KIT_PEER, id, "bridge", bridges[how >> 2 & 3]);
    set_back(KIT_PEER, id, "multi-queue-max-queues", queues[how >> 4 & 3]);
    set_back(KIT_PEER, id, "rate", rates[how >> 6]);
    set_back(KIT_PEER, id, "vifname", names[more & 3]);
    set_back(KIT_PEER, id, "ip", more & 4 ? "10.0.0.5 10.0.0.6" : NULL);
    set_back(KIT_PEER, id, "antispoof", more & 8 ? "0" : "1");
    set_back(KIT_PEER, id, "mtu", more & 16 ? "60" : NULL);
    device_attach(KIT_PEER, id);
}

/* ---- the frontend ---- */

static const char *any_key(void)
{
    static const char *const keys[] = {
        "state", "tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx", "event-channel-rx",
        "request-rx-copy", "feature-rx-notify", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
        "feature-no-csum-offload", "feature-ipv6-csum-offload", "multi-queue-num-queues", "queue-0",
        "queue-1",
        "queue-0/tx-ring-ref", "queue-1/tx-ring-ref", "queue-1/rx-ring-ref", "queue-0/event-channel-tx",
        "queue-1/event-channel-rx", "queue-1/event-channel", "state/below", "mac",
    };

    return keys[kit_byte() % (sizeof(keys) / sizeof(keys[0]))];
}

static void set_front(unsigned device, const char *key, unsigned value)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    kit_store_set(device_front(KIT_PEER, ids[device], key), text);
}

static void set_queue(unsigned device, const char *directory, unsigned queue, bool split)
{
    static const char *const keys[] = { "tx-ring-ref", "rx-ring-ref", "event-channel-tx",
                                        "event-channel-rx" };
    unsigned page = 4 * device + 2 * queue;
    char key[40];

    SHARED_RING_INIT((struct netif_tx_sring *)kit_peer[page]);
    SHARED_RING_INIT((struct netif_rx_sring *)kit_peer[page + 1]);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(key, sizeof(key), "%s%s", directory, i == 2 && !split ? "event-channel" : keys[i]);
        if (i < 3 || split)
            set_front(device, key, i < 2 ? page + i : 8 + page + i);
    }
}

/* As a correct one connects. */
static void connect(unsigned device, bool split, bool two)
{
    kit_store_set(device_front(KIT_PEER, ids[device], NULL), NULL);
    set_front(device, "state", 1);
    set_front(device, "request-rx-copy", 1);
    set_front(device, "feature-sg", 1);
    set_front(device, "feature-gso-tcpv4", 1);
    if (two) {
        set_front(device, "multi-queue-num-queues", 2);
        set_queue(device, "queue-0/", 0, split);
        set_queue(device, "queue-1/", 1, split);
    } else {
        set_queue(device, "", 0, split);
    }
    set_front(device, "state", 4);
}

/* A frame to whom it may concern, and a page for one that comes. */
static void send(unsigned device)
{
    unsigned page = 4 * device + (kit_byte() & 2);
    struct netif_tx_sring *tx = (struct netif_tx_sring *)kit_peer[page];
    struct netif_rx_sring *rx = (struct netif_rx_sring *)kit_peer[page + 1];
    static const uint8_t mac[6] = { 0, 0x16, 0x3e, 0, 0, 1 };

    memset(kit_peer[PAGES], 0xff, 6);
    memcpy(kit_peer[PAGES] + 6, mac, 6);
    tx->ring[tx->req_prod++ & 255].req = (struct netif_tx_request){ .gref = PAGES, .size = FRAME };
    rx->ring[rx->req_prod++ & 255].req = (struct netif_rx_request){ .gref = PAGES + 1 };
    for (unsigned i = 0; i < 8; i++)
        kit_event(kit_port(i));
}

/* ---- steps ---- */

static void settle(void)
{
    kit_store_rest();
    kit_run();
    kit_pass(1000000000);
    for (unsigned i = 0; i < DEVICES; i++)
        device_check(KIT_PEER, ids[i]);
}

static void step(void)
{
    unsigned op = kit_byte(), device = op >> 4 & 1, id = ids[device];

    switch (op % 14) {
    case 0:
        attach_some(device);
        break;
    case DEVICE_END ... DEVICE_LONG_VALUE:
        device_step(op % 14, op & 32, id, any_key);
        break;
    case 6:
        connect(device, op & 32, op & 64);
        break;
    case 7:
        send(device);
        break;
    case 8:
        kit_plan_from_input();
        break;
    case 9:
        kit_grant(kit_byte() % PAGES, kit_byte() % PAGES, op & 32, op & 64);
        break;
    case 10:
        kit_pass((uint64_t)kit_byte() << 28);
        break;
    case 11:
        set_front(device, "state", (const unsigned[]){ 1, 4, 5, 6 }[op >> 5 & 3]);
        break;
    case 12:
        settle();
        break;
    default:
        kit_run();
        break;
    }
}

/* ---- the end ---- */

static void count(void *arg, unsigned handle, const struct vif_statistics *statistics)
{
    (void)handle, (void)statistics;
    ++*(unsigned *)arg;
}

/* Another domain's interface is served whatever the peer has done. */
static void check_bystander(void)
{
    set_back(KIT_PEER + 1, 0, "mac", "00:16:3e:00:00:06");
    set_back(KIT_PEER + 1, 0, "bridge", "br");
    device_attach(KIT_PEER + 1, 0);
    settle();
    device_check_served(KIT_PEER + 1, 0);
}

static void finish(void)
{
    size_t pages, used;
    unsigned left = 0;

    settle();
    /* The tools give no name twice. */
    kit_store_set("/local/domain/0/backend/vif/5", NULL);
    kit_run();
    check_bystander();
    kit_store_set("/local/domain", NULL);
    settle();
    netback_each(KIT_PEER, count, &left);
    netback_each(KIT_PEER + 1, count, &left);
    packet_pool(&pages, &used);
    if (left || used)
        kit_wrong("%u interfaces and %zu pages of packets are left", left, used);
    if (bridge_delete(bridge))
        kit_wrong("the bridge still has members");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;

    kit_input(data, size);
    kit_daemon = "vif";
    kit_start();
    device_start("vif");
    kit_forget_pool();
    if ((!started && netback_start()) || bridge_create("br", &bridge))
        abort();
    started = true;
    kit_run();
    while (kit_input_left())
        step();
    finish();
    kit_store_start();
    kit_end();
    return 0;
}
