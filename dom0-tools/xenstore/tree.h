/*
 * The tree of nodes: a pure data structure that knows neither clients nor permissions nor quotas.
 *
 * Why it looks as it does. A node is found through one hash table for the whole tree, keyed by (parent,
 * name), so a path of n components costs n look-ups however many thousand domains have a directory;
 * children hang in a list in the order of their creation, so listing needs no sorting, and linking or
 * unlinking a node allocates nothing: a commit that has passed its checks cannot fail half-way. There is
 * one live version. Transactions keep only what they touched (transaction.h) and are checked by the
 * generation numbers below: starting one costs nothing, and a client cannot make the daemon keep old
 * versions of the tree. The hash is keyed with a secret, so that a guest cannot choose names that collide.
 */
#ifndef XENSTORE_TREE_H
#define XENSTORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* An immutable value, shared by counting. NULL stands for the empty value everywhere. */
struct value {
    uint32_t refs;
    uint32_t len;
    char data[];
};

/* A value with a copy of len bytes and one reference; *out is NULL for len 0. 0 or -ENOMEM. */
int value_new(const void *data, size_t len, struct value **out);
struct value *value_get(struct value *v);
void value_put(struct value *v);

struct perms;
struct node;

TAILQ_HEAD(node_list, node);
LIST_HEAD(owned_nodes, node);

/*
 * A node. The three generations say when something last changed, in numbers that the store counts up with
 * each commit; 0 is used for "does not exist". A node that is made again gets three new numbers.
 */
struct node {
    struct node *parent;             /* NULL: the root, or not linked */
    struct node_list children;       /* in order of creation */
    TAILQ_ENTRY(node) sibling;
    struct node *hash_next;
    LIST_ENTRY(node) owned;          /* in the owner's domain record; kept by account.c */
    struct perms *perms;             /* one reference */
    struct value *value;             /* one reference, or NULL */
    uint64_t value_gen;
    uint64_t perms_gen;
    uint64_t list_gen;               /* the set of children */
    uint64_t hash;
    uint32_t child_count;
    uint32_t child_bytes;            /* names of the children, each with its NUL */
    uint32_t name_len;
    char name[];                     /* last component; "" for the root */
};

struct tree {
    struct node *root;
    struct node **buckets;
    size_t bucket_count;             /* a power of two */
    size_t node_count;
    struct tree_hint *hint;          /* of tree_find(); no meaning for others */
    uint64_t key[2];
};

/* An empty tree without a root. 0 or -ENOMEM. */
int tree_init(struct tree *t, const uint64_t key[2]);

/* Frees the table; the caller has unlinked and freed every node. */
void tree_fini(struct tree *t);

/* A node that is not linked yet; takes over one reference of perms and value, also when it fails (NULL). */
struct node *node_new(const char *name, size_t name_len, struct perms *perms, struct value *value);

/* Frees an unlinked node and its references. */
void node_free(struct node *n);

/* The node at an absolute path of len bytes, or NULL. */
struct node *tree_find(const struct tree *t, const char *path, size_t len);

/* The child of that name, or NULL. */
struct node *tree_child(const struct tree *t, const struct node *parent, const char *name, size_t len);

/* Links a new node below parent (NULL: as the root) with all its generations = gen. Cannot fail; the caller
 * has made sure that the name is free. */
void tree_link(struct tree *t, struct node *parent, struct node *n, uint64_t gen);

/* Unlinks a node that has no children. */
void tree_unlink(struct tree *t, struct node *n, uint64_t gen);

/* Walking below `top` without recursion: parents before children, NULL at the end; and the first node to
 * remove when everything from `top` on goes, children before parents. */
struct node *tree_next(const struct node *top, struct node *n);
struct node *tree_first_leaf(struct node *top);

/* Writes the absolute path; buf has PATH_BUF bytes. Returns its length. */
size_t node_path(const struct node *n, char *buf);

/* Verifies every link, count and hash; NULL, or what is wrong. For tests and the control command `check`. */
const char *tree_check(const struct tree *t);

#endif
