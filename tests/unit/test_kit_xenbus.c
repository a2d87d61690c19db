/* The store's client against a store that answers well, late, in pieces, out of order, or with nonsense. The
 * client's reader runs as a coroutine; whenever the client waits, our store gets its turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <pv/console.h>
#include <pv/event.h>
#include <pv/memory.h>
#include <pv/start.h>
#include <pv/thread.h>
#include <pv/xenbus.h>

/* ---- what the client needs of the kit ---- */

static start_info_t start_info;
const start_info_t *pv_start_info = &start_info;

static ucontext_t main_context, reader_context;
static char reader_stack[256 * 1024];
static void (*reader_fn)(void *);
static bool in_reader;

static void store_turn(void);

static void run_reader(void)
{
    reader_fn(NULL);
    for (;;)
        swapcontext(&reader_context, &main_context);
}

struct pv_thread *pv_thread_create(const char *name, size_t bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)bytes;
    (void)arg;
    reader_fn = fn;
    getcontext(&reader_context);
    reader_context.uc_stack.ss_sp = reader_stack;
    reader_context.uc_stack.ss_size = sizeof(reader_stack);
    makecontext(&reader_context, run_reader, 0);
    return (struct pv_thread *)reader_stack;
}

/* The reader gives way to the test; the test lets the store and then the reader run once. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline)
{
    static unsigned int turns;

    (void)q;
    if (in_reader) {
        in_reader = false;
        swapcontext(&reader_context, &main_context);
        in_reader = true;
        return true;
    }
    if (deadline != UINT64_MAX)
        return false;
    assert_true(++turns < 1000000);    /* a client that waits for ever fails here */
    store_turn();
    in_reader = true;
    swapcontext(&main_context, &reader_context);
    in_reader = false;
    return true;
}

void pv_wake(struct pv_waitq *q)
{
    (void)q;
}

void pv_mutex_lock(struct pv_mutex *m)
{
    (void)m;
}

void pv_mutex_unlock(struct pv_mutex *m)
{
    (void)m;
}

int pv_event_send(evtchn_port_t port)
{
    (void)port;
    return 0;
}

int pv_event_bind_port(evtchn_port_t port, pv_event_fn *fn, void *arg)
{
    (void)fn;
    (void)arg;
    return (int)port;
}

bool pv_is_control_domain(void)
{
    return true;
}

void *pv_mfn_to_virt(xen_pfn_t mfn)
{
    (void)mfn;
    return NULL;
}

void pv_console_emergency(const char *fmt, ...)
{
    (void)fmt;
}

/* ---- our store ---- */

static struct xenstore_domain_interface *ring;
static enum { ECHO, WRONG_ID_FIRST, WRONG_TYPE, TOO_LONG, BAD_INDEX, ERRORS, EVENT_FIRST } mood;
static uint32_t event_id;
static char last_payload[5000];
static size_t last_len;

static void put(const void *from, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        ring->rsp[ring->rsp_prod++ % sizeof(ring->rsp)] = ((const char *)from)[i];
}

/* What does not fit the ring yet. */
static char backlog[16384];
static size_t backlog_len;

static void queue(uint32_t type, uint32_t id, const void *body, size_t len)
{
    struct xsd_sockmsg head = { .type = type, .req_id = id, .len = (uint32_t)len };

    memcpy(backlog + backlog_len, &head, sizeof(head));
    memcpy(backlog + backlog_len + sizeof(head), body, len);
    backlog_len += sizeof(head) + len;
}

static void flush(void)
{
    size_t room = sizeof(ring->rsp) - (ring->rsp_prod - ring->rsp_cons);
    size_t n = backlog_len < room ? backlog_len : room;

    put(backlog, n);
    memmove(backlog, backlog + n, backlog_len - n);
    backlog_len -= n;
}

static void answer(const struct xsd_sockmsg *head, const char *body)
{
    char token[16];

    switch (mood) {
    case ECHO:
        queue(head->type, head->req_id, body, head->len);
        break;
    case WRONG_ID_FIRST:
        queue(head->type, head->req_id + 1000, "nobody's", 9);
        queue(head->type, head->req_id, body, head->len);
        break;
    case WRONG_TYPE:
        queue(XS_MKDIR, head->req_id, "OK", 3);
        break;
    case TOO_LONG:
        queue(head->type, head->req_id, body, head->len);
        ((struct xsd_sockmsg *)backlog)->len = XENSTORE_PAYLOAD_MAX + 1;
        break;
    case BAD_INDEX:
        ring->rsp_prod += 5000;
        break;
    case ERRORS:
        queue(XS_ERROR, head->req_id, "ENOENT", 7);
        break;
    case EVENT_FIRST:
        snprintf(token, sizeof(token), "a/b%c%x", 0, event_id);
        queue(XS_WATCH_EVENT, 0, token, 4 + strlen(token + 4) + 1);
        queue(head->type, head->req_id, "OK", 3);
        break;
    }
}

/* Collects requests from the ring, as many bytes as there are, and answers the complete ones. */
static void store_turn(void)
{
    static char request[8192];
    static size_t have;
    struct xsd_sockmsg head;

    while (ring->req_cons != ring->req_prod)
        request[have++] = ring->req[ring->req_cons++ % sizeof(ring->req)];
    while (have >= sizeof(head)) {
        memcpy(&head, request, sizeof(head));
        if (have < sizeof(head) + head.len)
            break;
        last_len = head.len;
        memcpy(last_payload, request + sizeof(head), head.len);
        have -= sizeof(head) + head.len;
        answer(&head, last_payload);
        memmove(request, request + sizeof(head) + head.len, have);
    }
    flush();
}

/* ---- tests, in this order ---- */

static void test_before_there_is_a_store(void **state)
{
    char *value;

    (void)state;
    assert_int_equal(pv_xs_read(PV_XS_NIL, "name", &value, NULL), -ENOTCONN);
    ring = calloc(1, 4096);
    assert_int_equal(pv_xenbus_attach(ring, 5), 0);
    assert_int_equal(pv_xenbus_attach(ring, 5), -EBUSY);
}

static void test_echo(void **state)
{
    char *value;
    size_t len;

    (void)state;
    mood = ECHO;
    assert_int_equal(pv_xs_read(PV_XS_NIL, "name", &value, &len), 0);
    assert_int_equal(len, 5);
    assert_string_equal(value, "name");
    free(value);
}

/* The largest request and reply go through rings of a quarter of their size. */
static void test_large(void **state)
{
    static char big[XENSTORE_PAYLOAD_MAX + 1];
    struct pv_iovec iov = { big, XENSTORE_PAYLOAD_MAX };
    void *reply;
    size_t len, i;

    (void)state;
    for (i = 0; i < sizeof(big); i++)
        big[i] = (char)(i * 31);
    assert_int_equal(pv_xs_request(XS_WRITE, 0, &iov, 1, &reply, &len), 0);
    assert_int_equal(len, XENSTORE_PAYLOAD_MAX);
    assert_memory_equal(reply, big, len);
    free(reply);
    iov.len++;
    assert_int_equal(pv_xs_request(XS_WRITE, 0, &iov, 1, &reply, &len), -E2BIG);
    iov.len = SIZE_MAX;
    assert_int_equal(pv_xs_request(XS_WRITE, 0, &iov, 1, &reply, &len), -E2BIG);
}

static void test_strange_answers(void **state)
{
    char *value;

    (void)state;
    mood = ERRORS;
    assert_int_equal(pv_xs_read(PV_XS_NIL, "name", &value, NULL), -ENOENT);
    mood = WRONG_ID_FIRST;
    assert_int_equal(pv_xs_read(PV_XS_NIL, "name", &value, NULL), 0);
    assert_string_equal(value, "name");
    free(value);
    mood = WRONG_TYPE;
    assert_int_equal(pv_xs_read(PV_XS_NIL, "name", &value, NULL), -EIO);
}

static void test_watch(void **state)
{
    struct pv_xs_watcher w;
    char *path, *token;

    (void)state;
    pv_xs_watcher_init(&w);
    mood = EVENT_FIRST;
    event_id = 1;
    assert_int_equal(pv_xs_watch(&w, "a", "mine"), 0);
    assert_memory_equal(last_payload, "a\0001\0", 4);
    assert_int_equal(pv_xs_watch(&w, "a", "mine"), -EEXIST);
    assert_int_equal(pv_xs_watch_next(&w, 1, &path, &token), 0);
    assert_string_equal(path, "a/b");
    assert_string_equal(token, "mine");
    free(path);
    free(token);
    assert_int_equal(pv_xs_watch_next(&w, 1, &path, &token), -ETIMEDOUT);
    event_id = 77;    /* nobody's: dropped */
    assert_int_equal(pv_xs_unwatch(&w, "a", "mine"), 0);
    assert_int_equal(pv_xs_unwatch(&w, "a", "mine"), -ENOENT);
    assert_int_equal(w.queued, 0);
}

static void test_events_are_joined_and_bounded(void **state)
{
    struct pv_xs_watcher w;
    char *path;
    unsigned int i, n = 0;
    char text[32];

    (void)state;
    pv_xs_watcher_init(&w);
    mood = ECHO;
    assert_int_equal(pv_xs_watch(&w, "top", "t"), 0);
    for (i = 0; i < 600; i++) {
        int len = snprintf(text, sizeof(text), "top/%u%c%x", i / 2, 0, 2);

        queue(XS_WATCH_EVENT, 0, text, (size_t)len + 1);
        if (i % 50 == 49)
            assert_int_equal(pv_xs_mkdir(PV_XS_NIL, "x"), 0);
    }
    assert_int_equal(w.queued, 256);
    while (pv_xs_watch_pending(&w)) {
        assert_int_equal(pv_xs_watch_next(&w, 1, &path, NULL), 0);
        snprintf(text, sizeof(text), "top/%u", n);
        assert_string_equal(path, n < 256 ? text : "top");
        free(path);
        n++;
    }
    assert_int_equal(n, 257);
    assert_int_equal(pv_xs_watch_next(&w, 1, &path, NULL), -ETIMEDOUT);
    pv_xs_watcher_close(&w);
}

/* Every call answers -EIO from then on, and none waits. In a process of its own: it is for good. */
static bool breaks_for_good(void)
{
    struct pv_xs_watcher w;
    char *value;
    int status;
    pid_t child = fork();

    if (child == 0) {
        pv_xs_watcher_init(&w);
        if (pv_xs_read(PV_XS_NIL, "name", &value, NULL) != -EIO)
            _exit(1);
        mood = ECHO;
        if (pv_xs_read(PV_XS_NIL, "name", &value, NULL) != -EIO)
            _exit(2);
        _exit(pv_xs_watch_next(&w, UINT64_MAX, NULL, NULL) == -EIO ? 0 : 3);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_broken_protocol(void **state)
{
    (void)state;
    mood = BAD_INDEX;
    assert_true(breaks_for_good());
    mood = TOO_LONG;
    assert_true(breaks_for_good());
    free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_there_is_a_store), cmocka_unit_test(test_echo),
        cmocka_unit_test(test_large), cmocka_unit_test(test_strange_answers), cmocka_unit_test(test_watch),
        cmocka_unit_test(test_events_are_joined_and_bounded), cmocka_unit_test(test_broken_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
