/* console_world.c: see console_world.h. */
#include "console_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

uint32_t add(int d, const char *name)
{
    int id;

    rings_page[d] = calloc(1, 4096);
    id = console_domain_add((domid_t)d, name, RINGS_FRAME(d), RINGS_PORT);
    assert_true(id > 0);
    assert_true(rings_by_frame[d]);
    return (uint32_t)id;
}

size_t say(int d, const char *text, size_t len)
{
    struct xencons_interface *p = page(d);
    size_t n = 0;

    while (n < len && p->out_prod - p->out_cons < sizeof(p->out))
        p->out[MASK_XENCONS_IDX(p->out_prod++, p->out)] = text[n++];
    rings_kick(d);
    return n;
}

void say_all(int d, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = say(d, text, len);

        text += n;
        len -= n;
        console_turn();
    }
}

void settle(void)
{
    for (int i = 0; i < 10; i++)
        console_turn();
}

const char *log_of(uint32_t id)
{
    static char text[CONSOLE_LOG_BYTES + 1];
    uint64_t pos = 0;
    ssize_t n = console_read_at(id, &pos, text, sizeof(text) - 1);

    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

int clean_up(void **state)
{
    (void)state;
    for (int d = 0; d < RINGS_DOMAINS; d++)
        console_domain_gone((domid_t)d);
    settle();
    console_forget_dead();
    for (int d = 0; d < RINGS_DOMAINS; d++) {
        if (rings_by_frame[d] || rings_is_bound(d))
            return -1;
        free(rings_page[d]);
        rings_page[d] = NULL;
        rings_sent[d] = 0;
    }
    return console_list(NULL, 0) == 0 ? 0 : -1;
}
