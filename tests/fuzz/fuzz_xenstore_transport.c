/*
 * The store's ring and transport against a client that writes anything into its page at any time: good
 * requests in pieces, indices that jump, words that change while they are read, and the domain's end in
 * between.
 */
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include <xen/io/xs_wire.h>

#include "kit/kit.h"
#include "xenstore/conn.h"
#include "xenstore/store.h"
#include "xenstore/transport.h"

static struct store store;

static void hook_log(void *arg, const char *line)
{
    (void)arg;
    if (strlen(line) > 8192)
        abort();
}

static uint64_t hook_now(void *arg)
{
    (void)arg;
    return pv_now_ns();
}

static int hook_connect(void *arg, domid_t domid, uint64_t mfn, evtchn_port_t port)
{
    (void)arg;
    return transport_open(&store, domid, mfn, port);
}

static void hook_disconnect(void *arg, domid_t domid)
{
    (void)arg;
    transport_close(&store, domid);
}

static void hook_wake(void *arg, struct conn *c)
{
    (void)arg;
    transport_wake(c);
}

static const struct store_hooks hooks = { hook_log, hook_now, hook_connect, hook_disconnect, hook_wake };

static struct xenstore_domain_interface *page(void)
{
    return (struct xenstore_domain_interface *)kit_peer[0];
}

static void send(const void *data, size_t size)
{
    struct xenstore_domain_interface *p = page();

    for (size_t i = 0; i < size; i++)
        p->req[p->req_prod++ % sizeof(p->req)] = ((const char *)data)[i];
}

static void request(void)
{
    static const char *const texts[] = {
        "/", "x", "x/y", "/local/domain/5", "/local/domain/5/data", "@releaseDomain", "T", "x\0token",
        "x\0value",
    };
    struct xsd_sockmsg header = { .type = kit_byte() % 24, .req_id = kit_byte(), .tx_id = kit_byte() % 4 };
    unsigned which = kit_byte() % 9;
    char payload[64] = { 0 };
    size_t size = which < 7 ? strlen(texts[which]) + 1 : which == 7 ? 8 : 7;

    memcpy(payload, texts[which], size);
    header.len = (uint32_t)(size + kit_byte() % 3);
    send(&header, sizeof(header));
    send(payload, header.len);
}

static void step(void)
{
    struct xenstore_domain_interface *p = page();
    unsigned op = kit_byte();
    char raw[64];

    switch (op % 9) {
    case 0:
    case 1:
        request();
        break;
    case 2:
        kit_bytes(raw, op >> 2);
        send(raw, op >> 2);
        break;
    case 3:
        p->rsp_cons += kit_byte();
        break;
    case 4:
        *(&p->req_cons + (op >> 4 & 3)) = kit_u32();
        break;
    case 5:
        kit_plan_from_input();
        break;
    case 6:
        kit_pass((uint64_t)kit_byte() * 1000000);
        break;
    case 7:
        p->rsp_cons = p->rsp_prod;
        break;
    default:
        kit_event(kit_port(0));
        transport_run(&store);
        break;
    }
}

static void check(void)
{
    const char *wrong = store_check(&store);

    if (wrong)
        kit_wrong("store_check: %s", wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t key[2] = { 1, 2 };
    unsigned fail;

    kit_input(data, size);
    kit_start();
    if (store_init(&store, &hooks, NULL, key))
        abort();
    fail = kit_byte();
    kit_fail_after(fail % 8 < 4 ? fail % 8 : 0);
    kit_grant(GNTTAB_RESERVED_XENSTORE, 0, fail & 32, true);
    store_introduce(&store, KIT_PEER, fail & 128 ? 1000 : 0, fail & 64 ? 0 : 7);
    kit_fail_after(0);
    while (kit_input_left())
        step();
    check();
    store_domain_gone(&store, KIT_PEER);
    if (kit_is_mapped(0))
        kit_wrong("the page of a domain that is gone is still mapped");
    transport_run(&store);
    check();
    store_fini(&store);
    kit_end();
    return 0;
}
