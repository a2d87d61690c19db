/*
 * The tree of nodes: see tree.h for the choice of structure. No function here recurses.
 */
#include "tree.h"

#include "path.h"
#include "perms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/siphash.h>

#define FIRST_BUCKETS 256u

/* Where the look-up before ended. The next one is often nearby, so it begins there. */
struct tree_hint {
    struct node *node;               /* NULL: nothing is known */
    size_t len;
    char path[PATH_BUF];
};

int value_new(const void *data, size_t len, struct value **out)
{
    struct value *v;

    *out = NULL;
    if (len == 0)
        return 0;
    v = malloc(sizeof(*v) + len);
    if (!v)
        return -ENOMEM;
    v->refs = 1;
    v->len = (uint32_t)len;
    memcpy(v->data, data, len);
    *out = v;
    return 0;
}

struct value *value_get(struct value *v)
{
    if (v)
        v->refs++;
    return v;
}

void value_put(struct value *v)
{
    if (v && --v->refs == 0)
        free(v);
}

int tree_init(struct tree *t, const uint64_t key[2])
{
    memset(t, 0, sizeof(*t));
    t->buckets = calloc(FIRST_BUCKETS, sizeof(*t->buckets));
    t->hint = calloc(1, sizeof(*t->hint));
    if (!t->buckets || !t->hint) {
        tree_fini(t);
        return -ENOMEM;
    }
    t->bucket_count = FIRST_BUCKETS;
    t->key[0] = key[0];
    t->key[1] = key[1];
    return 0;
}

void tree_fini(struct tree *t)
{
    free(t->buckets);
    free(t->hint);
    memset(t, 0, sizeof(*t));
}

struct node *node_new(const char *name, size_t name_len, struct perms *perms, struct value *value)
{
    struct node *n = calloc(1, sizeof(*n) + name_len + 1);

    if (!n) {
        perms_put(perms);
        value_put(value);
        return NULL;
    }
    TAILQ_INIT(&n->children);
    n->perms = perms;
    n->value = value;
    n->name_len = (uint32_t)name_len;
    memcpy(n->name, name, name_len);
    return n;
}

void node_free(struct node *n)
{
    perms_put(n->perms);
    value_put(n->value);
    free(n);
}

/* The parent's hash is part of the child's key, so equal names in many directories spread over the table. */
static uint64_t hash_child(const struct tree *t, const struct node *parent, const char *name, size_t len)
{
    return pv_siphash(t->key[0], t->key[1] ^ (parent ? parent->hash : 0), name, len);
}

static struct node **bucket(const struct tree *t, uint64_t hash)
{
    return &t->buckets[hash & (t->bucket_count - 1)];
}

struct node *tree_child(const struct tree *t, const struct node *parent, const char *name, size_t len)
{
    uint64_t hash = hash_child(t, parent, name, len);
    struct node *n;

    for (n = *bucket(t, hash); n; n = n->hash_next)
        if (n->hash == hash && n->parent == parent && n->name_len == len && memcmp(n->name, name, len) == 0)
            return n;
    return NULL;
}

/* Climbs from the hint until its path leads towards `path`. *at is the length of the part that is done. */
static struct node *nearest(const struct tree *t, const char *path, size_t len, size_t *at)
{
    struct node *n = t->hint->node;
    size_t same = 0;

    *at = n ? t->hint->len : 0;
    if (!n)
        return t->root;
    while (same < len && same < *at && path[same] == t->hint->path[same])
        same++;
    while (*at > same || (*at < len && path[*at] != '/')) {
        *at -= n->name_len + 1;
        n = n->parent;
    }
    return n;
}

static void remember(struct tree_hint *h, struct node *n, const char *path, size_t len)
{
    if (len >= sizeof(h->path))
        return;
    h->node = n;
    h->len = len;
    memcpy(h->path, path, len);
}

struct node *tree_find(const struct tree *t, const char *path, size_t len)
{
    size_t at;
    struct node *n = nearest(t, path, len, &at);
    const char *end = path + len, *p = path + at + 1;

    while (n && p < end) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        const char *stop = slash ? slash : end;
        struct node *child = tree_child(t, n, p, (size_t)(stop - p));

        if (!child) {
            remember(t->hint, n, path, (size_t)(p - 1 - path));
            return NULL;
        }
        n = child;
        p = stop + 1;
    }
    if (n && n->parent)
        remember(t->hint, n, path, len);
    return n;
}

/* A larger table is a matter of speed only: without memory the old one goes on serving. */
static void grow(struct tree *t)
{
    size_t count = t->bucket_count * 2;
    struct node **buckets = calloc(count, sizeof(*buckets));

    if (!buckets)
        return;
    for (size_t i = 0; i < t->bucket_count; i++) {
        struct node *n = t->buckets[i], *next;

        for (; n; n = next) {
            next = n->hash_next;
            n->hash_next = buckets[n->hash & (count - 1)];
            buckets[n->hash & (count - 1)] = n;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = count;
}

void tree_link(struct tree *t, struct node *parent, struct node *n, uint64_t gen)
{
    struct node **b;

    if (t->node_count >= t->bucket_count)
        grow(t);
    n->parent = parent;
    n->hash = hash_child(t, parent, n->name, n->name_len);
    n->value_gen = n->perms_gen = n->list_gen = gen;
    b = bucket(t, n->hash);
    n->hash_next = *b;
    *b = n;
    t->node_count++;
    if (!parent) {
        t->root = n;
        return;
    }
    TAILQ_INSERT_TAIL(&parent->children, n, sibling);
    parent->child_count++;
    parent->child_bytes += n->name_len + 1;
    parent->list_gen = gen;
}

void tree_unlink(struct tree *t, struct node *n, uint64_t gen)
{
    struct node **b = bucket(t, n->hash);

    t->hint->node = NULL;
    while (*b != n)
        b = &(*b)->hash_next;
    *b = n->hash_next;
    t->node_count--;
    if (n->parent) {
        TAILQ_REMOVE(&n->parent->children, n, sibling);
        n->parent->child_count--;
        n->parent->child_bytes -= n->name_len + 1;
        n->parent->list_gen = gen;
    } else {
        t->root = NULL;
    }
    n->parent = NULL;
}

struct node *tree_next(const struct node *top, struct node *n)
{
    if (TAILQ_FIRST(&n->children))
        return TAILQ_FIRST(&n->children);
    while (n != top) {
        if (TAILQ_NEXT(n, sibling))
            return TAILQ_NEXT(n, sibling);
        n = n->parent;
    }
    return NULL;
}

struct node *tree_first_leaf(struct node *top)
{
    while (TAILQ_FIRST(&top->children))
        top = TAILQ_FIRST(&top->children);
    return top;
}

size_t node_path(const struct node *n, char *buf)
{
    size_t len = 0, at;
    const struct node *p;

    if (!n->parent) {
        memcpy(buf, "/", 2);
        return 1;
    }
    for (p = n; p->parent; p = p->parent)
        len += p->name_len + 1;
    buf[len] = '\0';
    for (p = n, at = len; p->parent; p = p->parent) {
        at -= p->name_len;
        memcpy(buf + at, p->name, p->name_len);
        buf[--at] = '/';
    }
    return len;
}

static const char *check_node(const struct tree *t, const struct node *n)
{
    const struct node *child;
    uint32_t count = 0, bytes = 0;

    if (tree_child(t, n->parent, n->name, n->name_len) != n)
        return "a node is not found under its name";
    if (!n->perms || n->value_gen == 0 || n->perms_gen == 0 || n->list_gen == 0)
        return "a node lacks permissions or a generation";
    TAILQ_FOREACH(child, &n->children, sibling) {
        if (child->parent != n)
            return "a child does not know its parent";
        count++;
        bytes += child->name_len + 1;
    }
    if (count != n->child_count || bytes != n->child_bytes)
        return "a node's count of children is wrong";
    return NULL;
}

const char *tree_check(const struct tree *t)
{
    size_t seen = 0;
    const char *wrong;

    for (struct node *n = t->root; n; n = tree_next(t->root, n)) {
        seen++;
        wrong = check_node(t, n);
        if (wrong)
            return wrong;
    }
    return seen == t->node_count ? NULL : "the table holds nodes that the tree does not";
}
