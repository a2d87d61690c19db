/* console_world.h: domains with consoles, for the tests of the daemon. */
#ifndef CONSOLE_WORLD_H
#define CONSOLE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "dom0-tools/backends/console/console.h"
#include "rings_host.h"

static inline struct xencons_interface *page(int d)
{
    return rings_page[d];
}

/* A new domain with a console; the console's id. */
uint32_t add(int d, const char *name);

/* The domain writes as much as its ring takes; or all of it, with a turn of the daemon after each ringful. */
size_t say(int d, const char *text, size_t len);
void say_all(int d, const char *text, size_t len);

/* Turns until nothing is left to do. */
void settle(void);
const char *log_of(uint32_t id);

/* A test's end: all domains go, and nothing may be left. */
int clean_up(void **state);

#define console_test(f) cmocka_unit_test_teardown(f, clean_up)

#endif
