/* states.c: what the store can say. */
#include "badblock.h"

#include <stdio.h>
#include <stdlib.h>

#include <pv/event.h>
#include <pv/grant.h>
#include <pv/memory.h>
#include <pv/time.h>

/* All states, in no order, and none that is a state. */
static void flap(struct front *f, const char *arg)
{
    uint64_t end = stop_time(arg);

    front_make(f);
    front_publish(f);
    while (pv_now_ns() < end) {
        char text[24];
        uint64_t x = front_random();

        snprintf(text, sizeof(text), "%ld", x % 16 == 0 ? (long)x : (long)(x >> 8) % 9);
        front_put(f, "state", x % 64 == 1 ? "a state" : text);
        if (x % 5 == 0)
            pv_sleep_ns(PV_NS_PER_MS);
    }
    printf("badblock: flapped\n");
}

/* As it should be, but again and again. */
static void reconnect(struct front *f, const char *arg)
{
    unsigned times = 0;

    (void)arg;
    front_make(f);
    while (times < 100) {
        front_state(f, XenbusStateInitialising);
        if (!front_wait(f, XenbusStateInitWait))
            break;
        front_publish(f);
        front_state(f, XenbusStateInitialised);
        front_wait(f, XenbusStateConnected);
        front_state(f, XenbusStateClosed);
        front_wait(f, XenbusStateClosed);
        times++;
    }
    printf("badblock: served %s\n", times < 100 ? "until it was too often" : "a hundred times");
}

/* Keys that no ring can be made of; each needs a device that has not been refused yet. */
static void keys(struct front *f, const char *arg)
{
    static const struct { const char *key, *value; } wrong[] = {
        { "ring-page-order", "99" }, { "ring-page-order", "18446744073709551615" },
        { "ring-page-order", "2" }, { "ring-ref", "4294967295" }, { "ring-ref", "99999999999999" },
        { "ring-ref", "-1" }, { "ring-ref", "0" },
        { "event-channel", "0" }, { "event-channel", "4000000000" }, { "event-channel", "x" },
        { "protocol", "x86_32-abi" }, { "multi-queue-num-queues", "2" }, { "multi-queue-num-queues", "0" },
    };
    unsigned i = (unsigned)strtoul(arg, NULL, 10) % (sizeof(wrong) / sizeof(wrong[0]));

    front_make(f);
    front_state(f, XenbusStateInitialising);
    front_wait(f, XenbusStateInitWait);
    front_publish(f);
    front_put(f, wrong[i].key, wrong[i].value);
    front_state(f, XenbusStateInitialised);
    front_wait(f, XenbusStateClosing);
    printf("badblock: %s = %s\n", wrong[i].key, wrong[i].value);
}

const struct mode state_modes[] = {
    { "flap", "all states in no order (SECONDS)", flap },
    { "reconnect", "connects and closes without end", reconnect },
    { "keys", "keys that no ring can be made of (0 to 12)", keys },
    { 0 },
};
