/* What is typed: for the control domain, or after three Ctrl-A for the hypervisor's debug keys, until three
 * more. */
#include "console/console.h"
#include "console/devices.h"
#include "event/event.h"
#include "lib/lib.h"
#include "lib/lock.h"

#define CTRL_A 1
#define SIZE   1024

static spinlock_t lock = SPINLOCK_INIT(RANK_CONSOLE);
static char typed[SIZE];
static uint32_t head, tail;             /* bytes in and out since boot */

/* Written by the console's interrupt only, which one CPU takes. */
static bool to_hypervisor;
static unsigned int ctrl_a_count;

size_t console_read(char *buf, size_t n)
{
    size_t got = 0;

    spin_lock(&lock);
    while (got < n && tail != head)
        buf[got++] = typed[tail++ % SIZE];
    spin_unlock(&lock);
    return got;
}

/* When the control domain does not read, what is typed last is lost. */
static void keep(char c)
{
    spin_lock(&lock);
    if (head - tail < SIZE)
        typed[head++ % SIZE] = c;
    spin_unlock(&lock);
}

static void switch_input(void)
{
    to_hypervisor = !to_hypervisor;
    log_error("*** input goes to %s (three Ctrl-A switch)",
              to_hypervisor ? "the hypervisor's debug keys, h for help" : "the control domain");
}

static void deliver(char c)
{
    if (to_hypervisor)
        debug_key(c);
    else
        keep(c);
}

/* Fewer than three Ctrl-A are for whom the input goes to: they are delivered when something else follows. */
static void receive(char c)
{
    if (c == CTRL_A) {
        if (++ctrl_a_count == 3) {
            ctrl_a_count = 0;
            switch_input();
        }
        return;
    }
    for (; ctrl_a_count; ctrl_a_count--)
        deliver(CTRL_A);
    deliver(c);
}

void input_received(const char *s, size_t n)
{
    uint32_t before = head;

    for (size_t i = 0; i < n; i++)
        receive(s[i]);
    if (head != before)
        event_send_global_virq(VIRQ_CONSOLE);
}
