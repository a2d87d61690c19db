/*
 * The tree and its transactions against a reference that is too simple to be wrong: a fixed set of paths
 * with stamps, and transactions that are lists of operations, replayed on a copy. Random operations of
 * several clients and of their transactions; every answer, every conflict and the whole state are compared.
 */
#include "xenstore_world.h"

#include <xen/io/xs_wire.h>

#define FANOUT 3
#define DEPTH  3
#define NODES  (1 + 3 + 9 + 27)         /* node 0 is /m; the children of i are 3i+1 … 3i+3 */
#define CLIENTS 3
#define TXS 4
#define OPS 64

struct state {
    bool there[NODES];
    unsigned int value[NODES];          /* 0: empty */
    unsigned int mode[NODES];           /* permissions: which of a few */
};

struct op {
    enum { OP_WRITE, OP_MKDIR, OP_RM, OP_PERMS } kind;
    int node;
    unsigned int arg;
};

struct model_tx {
    bool open;
    domid_t client;
    uint32_t id;
    unsigned int ops;
    struct op op[OPS];
    bool seen[NODES];                   /* touched: the stamps are those of the first touch */
    unsigned long value[NODES], perms[NODES], list[NODES];
    bool dep_value[NODES], dep_perms[NODES], dep_list[NODES];
};

struct model {
    struct state live;
    unsigned long clock;
    /* When each last changed; 0 for what does not exist. */
    unsigned long value[NODES], perms[NODES], list[NODES];
    struct model_tx tx[TXS];
};

static struct model m;
static uint64_t seed;

static unsigned int rnd(unsigned int n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned int)(seed >> 33) % n;
}

static int parent_of(int node)
{
    return (node - 1) / FANOUT;
}

static const char *path_of(int node)
{
    static char path[4][32];
    static int which;
    char *out = path[which++ % 4];
    char tail[16] = "", next[24];

    for (; node > 0; node = parent_of(node)) {
        snprintf(next, sizeof(next), "/%c%s", 'a' + (node - 1) % FANOUT, tail);
        memcpy(tail, next, sizeof(tail));
        tail[sizeof(tail) - 1] = '\0';
    }
    snprintf(out, 32, "/m%s", tail);
    return out;
}

static bool below(int node, int top)
{
    for (; node > top; node = parent_of(node))
        ;
    return node == top;
}

/* --- the reference: what one operation does to a state --- */

static void create(struct state *s, int node)
{
    for (; !s->there[node]; node = parent_of(node)) {
        int above = parent_of(node);

        s->there[node] = true;
        s->value[node] = 0;
        while (!s->there[above])
            above = parent_of(above);
        s->mode[node] = s->mode[above];
    }
}

static void apply(struct state *s, const struct op *op)
{
    switch (op->kind) {
    case OP_WRITE:
        create(s, op->node);
        s->value[op->node] = op->arg;
        break;
    case OP_MKDIR:
        create(s, op->node);
        break;
    case OP_RM:
        for (int i = op->node; i < NODES; i++)
            if (below(i, op->node))
                s->there[i] = false;
        break;
    case OP_PERMS:
        s->mode[op->node] = op->arg;
        break;
    }
}

static struct state view(const struct model_tx *t)
{
    struct state s = m.live;

    for (unsigned int i = 0; t && i < t->ops; i++)
        if (t->op[i].kind != OP_PERMS || s.there[t->op[i].node])
            apply(&s, &t->op[i]);
    return s;
}

static void touch(struct model_tx *t, int node, bool value, bool perms, bool list)
{
    if (!t)
        return;
    if (!t->seen[node]) {
        t->seen[node] = true;
        t->value[node] = m.value[node];
        t->perms[node] = m.perms[node];
        t->list[node] = m.list[node];
    }
    t->dep_value[node] |= value;
    t->dep_perms[node] |= perms;
    t->dep_list[node] |= list;
}

/* What a transaction comes to depend on by an operation. */
static void depend(struct model_tx *t, const struct state *before, const struct op *op)
{
    int node = op->node;

    if (!t)
        return;
    touch(t, node, op->kind != OP_PERMS || before->there[node], true, op->kind == OP_RM);
    if ((op->kind == OP_WRITE || op->kind == OP_MKDIR) && !before->there[node]) {
        for (node = parent_of(node); !before->there[node]; node = parent_of(node))
            touch(t, node, true, true, false);
        touch(t, node, false, true, false);
    }
    if (op->kind == OP_RM && before->there[op->node]) {
        for (int i = op->node; i < NODES; i++) {
            if (!below(i, op->node))
                continue;
            if (m.live.there[i])
                touch(t, i, true, true, true);
            else if (t->seen[i])
                touch(t, i, true, true, false);
        }
    }
}

static bool conflicts(const struct model_tx *t)
{
    for (int i = 0; i < NODES; i++) {
        if (t->dep_value[i] && t->value[i] != m.value[i])
            return true;
        if (t->dep_perms[i] && t->perms[i] != m.perms[i])
            return true;
        if (t->dep_list[i] && t->list[i] != m.list[i])
            return true;
    }
    return false;
}

/* Whether any of the operations that remain in force wrote this node. */
static bool wrote(const struct op *op, unsigned int n, int node, int kind)
{
    for (unsigned int i = 0; i < n; i++)
        if (op[i].node == node && (int)op[i].kind == kind)
            return true;
    return false;
}

static bool removed(const struct op *op, unsigned int n, int node)
{
    for (unsigned int i = 0; i < n; i++)
        if (op[i].kind == OP_RM && below(node, op[i].node))
            return true;
    return false;
}

/* Makes `next` the live state and stamps what changed. */
static void commit(const struct state *next, const struct op *op, unsigned int n)
{
    struct state old = m.live;

    m.clock++;
    m.live = *next;
    for (int i = 0; i < NODES; i++) {
        bool again = old.there[i] && next->there[i] && removed(op, n, i);
        bool fresh = next->there[i] && !old.there[i];

        if (old.there[i] != next->there[i] && i > 0)
            m.list[parent_of(i)] = m.clock;
        if (fresh)
            m.list[i] = m.clock;
        if (fresh || again || (next->there[i] && wrote(op, n, i, OP_WRITE)))
            m.value[i] = m.clock;
        if (fresh || again || (next->there[i] && wrote(op, n, i, OP_PERMS)))
            m.perms[i] = m.clock;
    }
    for (int i = 0; i < NODES; i++)
        if (!next->there[i])
            m.value[i] = m.perms[i] = m.list[i] = 0;
}

/* --- both sides, compared --- */

static const char *perms_text(unsigned int mode)
{
    static const char *const texts[] = { "n0|", "n0|r7|", "b0|n9|w8|" };

    return texts[mode];
}

static void same_value(struct world *w, domid_t who, uint32_t id, const struct state *s, int node)
{
    char want[24] = "";

    if (s->there[node] && s->value[node])
        snprintf(want, sizeof(want), "v%u", s->value[node]);
    assert_ask(s->there[node] ? want : "!ENOENT", w, who, XS_READ, id, "%s|", path_of(node));
}

static void same_list(struct world *w, domid_t who, uint32_t id, const struct state *s, int node)
{
    const char *got = ask(w, who, XS_DIRECTORY, id, "%s|", path_of(node));
    unsigned int want = 0, have = 0;

    if (!s->there[node]) {
        assert_string_equal(got, "!ENOENT");
        return;
    }
    for (int k = 0; k < FANOUT; k++)
        if (node * FANOUT + 1 + k < NODES && s->there[node * FANOUT + 1 + k])
            want |= 1u << k;
    for (; *got; got += 2) {
        assert_true(*got >= 'a' && *got < 'a' + FANOUT && got[1] == '|');
        assert_false(have & (1u << (*got - 'a')));
        have |= 1u << (*got - 'a');
    }
    assert_int_equal(have, want);
}

static void same_perms(struct world *w, domid_t who, uint32_t id, const struct state *s, int node)
{
    assert_ask(s->there[node] ? perms_text(s->mode[node]) : "!ENOENT", w, who, XS_GET_PERMS, id, "%s|",
               path_of(node));
}

static void compare_all(struct world *w)
{
    for (int i = 0; i < NODES; i++) {
        same_value(w, 0, 0, &m.live, i);
        same_list(w, 0, 0, &m.live, i);
        same_perms(w, 0, 0, &m.live, i);
    }
    assert_null(store_check(&w->store));
}

static struct model_tx *random_tx(void)
{
    struct model_tx *t = &m.tx[rnd(TXS)];

    return t->open && rnd(3) ? t : NULL;
}

/* A change: by itself, or in a transaction. Node 0 stays, so that errors are the same for everybody. */
static void do_change(struct world *w, struct model_tx *t)
{
    struct op op = { .kind = rnd(4), .node = 1 + (int)rnd(NODES - 1), .arg = 1 + rnd(900) };
    domid_t who = t ? t->client : 0;
    uint32_t id = t ? t->id : 0;
    struct state before = view(t), after;
    const char *got, *want = "OK|";

    if (t && t->ops == OPS)
        return;
    if (op.kind == OP_PERMS)
        op.arg %= 3;
    if (op.kind == OP_RM && !before.there[op.node] && !before.there[parent_of(op.node)])
        want = "!ENOENT";
    if (op.kind == OP_PERMS && !before.there[op.node])
        want = "!ENOENT";
    if (op.kind == OP_WRITE)
        got = ask(w, who, XS_WRITE, id, "%s|v%u", path_of(op.node), op.arg);
    else if (op.kind == OP_PERMS)
        got = ask(w, who, XS_SET_PERMS, id, "%s|%s", path_of(op.node), perms_text(op.arg));
    else
        got = ask(w, who, op.kind == OP_RM ? XS_RM : XS_MKDIR, id, "%s|", path_of(op.node));
    if (!t || !conflicts(t))
        assert_string_equal(got, want);
    depend(t, &before, &op);
    if (got[0] == '!')
        return;
    if (t) {
        t->op[t->ops++] = op;
        return;
    }
    after = m.live;
    apply(&after, &op);
    if (op.kind == OP_RM ? before.there[op.node] : op.kind != OP_MKDIR || !before.there[op.node])
        commit(&after, &op, 1);
}

/* A look. A transaction that cannot commit any more may see anything. */
static void do_look(struct world *w, struct model_tx *t)
{
    int node = (int)rnd(NODES), what = (int)rnd(3);
    domid_t who = t ? t->client : 0;
    uint32_t id = t ? t->id : 0;
    struct state s = view(t);

    touch(t, node, what == 0, true, what == 1);
    if (t && conflicts(t))
        ask(w, who, XS_READ, id, "%s|", path_of(node));
    else if (what == 0)
        same_value(w, who, id, &s, node);
    else if (what == 1)
        same_list(w, who, id, &s, node);
    else
        same_perms(w, who, id, &s, node);
}

static void do_start(struct world *w)
{
    struct model_tx *t = &m.tx[rnd(TXS)];

    if (t->open)
        return;
    memset(t, 0, sizeof(*t));
    t->open = true;
    t->client = 0;
    t->id = (uint32_t)strtoul(ask(w, t->client, XS_TRANSACTION_START, 0, "|"), NULL, 10);
    assert_int_not_equal(t->id, 0);
}

static unsigned int committed, conflicted;

static void do_end(struct world *w)
{
    struct model_tx *t = &m.tx[rnd(TXS)];
    struct state s;

    if (!t->open || rnd(3) == 0)
        return;
    t->open = false;
    if (rnd(8) == 0) {
        assert_ask("OK|", w, t->client, XS_TRANSACTION_END, t->id, "F|");
        return;
    }
    if (conflicts(t)) {
        conflicted++;
        assert_ask("!EAGAIN", w, t->client, XS_TRANSACTION_END, t->id, "T|");
        return;
    }
    s = view(t);
    assert_ask("OK|", w, t->client, XS_TRANSACTION_END, t->id, "T|");
    committed++;
    if (t->ops > 0)
        commit(&s, t->op, t->ops);
}

static void random_run(struct world *w, uint64_t first, unsigned int steps)
{
    memset(&m, 0, sizeof(m));
    seed = first;
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/m|");
    m.live.there[0] = true;
    m.clock = m.value[0] = m.perms[0] = m.list[0] = 1;
    for (unsigned int i = 0; i < steps; i++) {
        switch (rnd(10)) {
        case 0:
            do_start(w);
            break;
        case 1:
            do_end(w);
            break;
        case 2: case 3: case 4: case 5:
            do_change(w, random_tx());
            break;
        default:
            do_look(w, random_tx());
        }
        if (i % 97 == 0)
            compare_all(w);
    }
    for (int i = 0; i < TXS; i++)
        if (m.tx[i].open)
            assert_ask("OK|", w, 0, XS_TRANSACTION_END, m.tx[i].id, "F|");
    compare_all(w);
    assert_ask("OK|", w, 0, XS_RM, 0, "/m|");
}

static void test_model(void **state)
{
    for (uint64_t first = 1; first <= 40; first++)
        random_run(*state, first * 7919, 2000);
    /* The run is only worth something if it got far into both outcomes. */
    assert_true(committed > 500);
    assert_true(conflicted > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model, world_begin, world_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
