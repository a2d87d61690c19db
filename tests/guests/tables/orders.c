/* orders.c: the tables of a small tree are pinned in every order and unpinned in every other. The class of
 * bug: a count that is right in the usual order only. */
#include "scratch.h"

static const unsigned int pin_commands[] = {
    MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
};

static void build(void)
{
    unsigned int level;

    entries(s.l1)[0] = entry_for(s.page, FLAGS_RW);
    entries(s.l2)[0] = entry_for(s.l1, FLAGS_TABLE);
    entries(s.l3)[0] = entry_for(s.l2, FLAGS_TABLE);
    entries(s.l4)[0] = entry_for(s.l3, FLAGS_TABLE);
    for (level = 1; level <= 4; level++)
        make_read_only(table_of_level(level));
}

/* The n-th order of four levels. */
static void order(unsigned int n, unsigned int levels[4])
{
    unsigned int left[4] = { 1, 2, 3, 4 }, i, at, j;
    static const unsigned int sizes[] = { 6, 2, 1, 1 };

    for (i = 0; i < 4; i++) {
        at = n / sizes[i];
        n %= sizes[i];
        levels[i] = left[at];
        for (j = at; j < 3; j++)
            left[j] = left[j + 1];
    }
}

/* A table that is pinned, or below one, cannot be mapped writable; one that is neither can. */
static bool right_ones_held(unsigned int pinned)
{
    unsigned int level;

    for (level = 1; level <= 4; level++) {
        bool held = pinned >> level != 0;

        if ((make_writable(table_of_level(level)) == 0) == held)
            return false;
        if (!held)
            make_read_only(table_of_level(level));
    }
    return true;
}

static void run(unsigned int first, unsigned int then)
{
    unsigned int in[4], out[4], i, pinned = 0;
    bool held = true, free_again = true;
    long rc = 0;

    order(first, in);
    order(then, out);
    build();
    for (i = 0; i < 4 && rc == 0; i++) {
        rc = mmuext1(pin_commands[in[i] - 1], mfn_of(table_of_level(in[i])));
        pinned |= 1u << in[i];
        held = held && right_ones_held(pinned);
    }
    for (i = 0; i < 4 && rc == 0; i++) {
        rc = mmuext1(MMUEXT_UNPIN_TABLE, mfn_of(table_of_level(out[i])));
        pinned &= ~(1u << out[i]);
        held = held && right_ones_held(pinned);
    }
    for (i = 1; i <= 4; i++)
        free_again = make_ordinary(table_of_level(i)) && free_again;
    check_state(named("levels pinned in order %u%u%u%u, unpinned in order %u%u%u%u", in[0], in[1], in[2],
                      in[3], out[0], out[1], out[2], out[3]),
                rc, 0, "held were the right ones, at the end none", held && free_again);
}

void test_orders(void)
{
    unsigned int n;

    scratch_take();
    for (n = 0; n < 24; n++) {
        run(n, n);
        if (n != 23)
            run(n, 23 - n);
        if (n != 0 && n != 23)
            run(0, n);
    }
    scratch_give_back();
}
