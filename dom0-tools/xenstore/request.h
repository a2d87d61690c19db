/*
 * Requests: what each one means. A handler finds its arguments in the payload, fills in the reply, and
 * returns 0 or the negative errno that goes onto the wire by name.
 */
#ifndef XENSTORE_REQUEST_H
#define XENSTORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

#include "path.h"
#include "transaction.h"

struct conn;
struct out;
struct store;
struct watch;

struct request {
    struct store *store;
    struct conn *conn;
    struct domain *who;                 /* the connection's domain */
    struct tx *tx;                      /* the transaction it names, or NULL */
    char *payload;                      /* len bytes, and a NUL behind them */
    uint32_t len;
    char *reply;                        /* room for XENSTORE_PAYLOAD_MAX bytes */
    uint32_t reply_len;
    struct watch *fresh_watch;          /* set by WATCH: its first event follows the answer */
    char path[PATH_BUF];                /* the first argument, absolute, where it is a path */
    uint32_t path_len;
};

/* Runs the connection's waiting request and fills in the answer, which has room for the largest payload.
 * Returns the watch that it has set, or NULL. */
struct watch *request_run(struct conn *c, struct out *answer);

/* Ends an explicit transaction without committing it, and frees it. */
void request_end_transaction(struct conn *c, struct tx *tx);

/* --- for the handlers --- */

/* Splits the payload into strings, each with its NUL: fills in up to max of them, and returns how many
 * there are, or -EINVAL if bytes follow the last NUL. */
int request_strings(const struct request *rq, const char **out, int max);

/* The payload as exactly one string, or NULL. */
const char *request_one_string(const struct request *rq);

/* Makes the first string of the payload the request's path. 0; -EINVAL. */
int request_path(struct request *rq, bool specials, size_t *base_len);

/* Decimal digits and nothing else, at most max. 0; -EINVAL. */
int request_number(const char *text, uint64_t max, uint64_t *out);

/* The first string as the number of a real domain. 0; -EINVAL. */
int request_domid(const char *text, domid_t *out);

/* "OK" or any other string, with its NUL, as the reply. Returns 0. */
int request_ok(struct request *rq);
int request_reply(struct request *rq, const char *text);

int request_read(struct request *rq);
int request_write(struct request *rq);
int request_mkdir(struct request *rq);
int request_rm(struct request *rq);
int request_directory(struct request *rq);
int request_directory_part(struct request *rq);
int request_get_perms(struct request *rq);
int request_set_perms(struct request *rq);
int request_watch(struct request *rq);
int request_unwatch(struct request *rq);
int request_reset_watches(struct request *rq);
int request_transaction_start(struct request *rq);
int request_transaction_end(struct request *rq);
int request_introduce(struct request *rq);
int request_release(struct request *rq);
int request_get_domain_path(struct request *rq);
int request_is_domain_introduced(struct request *rq);
int request_resume(struct request *rq);
int request_set_target(struct request *rq);
int request_control(struct request *rq);

/* The name of an errno value on the wire. The protocol knows sixteen; anything else is sent as EINVAL. */
const char *request_errno_name(int err);

#endif
