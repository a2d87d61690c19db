/* cmd_wget.c: a file over HTTP. */
#include "handlers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv/time.h>

#include "http.h"
#include "names.h"
#include "net_client.h"
#include "report.h"

#define WAIT       (30 * PV_NS_PER_SEC)
#define BUFFER     32768U
#define REDIRECTS  5U
#define PATH_SIZE  1024

struct transfer {
    const struct command_call *call;
    struct http_url url;
    struct http_head head;
    const char *path;           /* of the file; NULL: the terminal */
    int socket, file;
    uint64_t done, shown_ns;
    bool shown;                 /* a line of progress stands there */
    char *buffer;
    size_t filled;
};

static void clear_progress(struct transfer *t)
{
    if (t->shown)
        printf("\r\033[K");
    t->shown = false;
}

static int failed(struct transfer *t, int err, const char *what)
{
    clear_progress(t);
    if (err == -EINTR)
        return STATUS_INTERRUPTED;
    return report_failure(t->call, t->url.host, err, NULL, "%s", what);
}

/* ---- the answer's head ---- */

static int send_request(struct transfer *t)
{
    char request[HTTP_PATH_SIZE + HTTP_HOST_SIZE + 128];
    int n = snprintf(request, sizeof(request),
                     "GET %s HTTP/1.0\r\nHost: %s:%u\r\nUser-Agent: Enso\r\nConnection: close\r\n\r\n",
                     t->url.path, t->url.host, t->url.port);

    return client_send(t->socket, request, (size_t)n, WAIT);
}

static int read_head(struct transfer *t)
{
    int complete = 0;

    for (t->filled = 0; complete == 0;) {
        ssize_t n = client_receive(t->socket, t->buffer + t->filled, HTTP_HEAD_SIZE - t->filled, WAIT);

        if (n <= 0)
            return failed(t, (int)n, n ? "no answer" : "the connection was closed before an answer");
        t->filled += (size_t)n;
        complete = http_head_parse(t->buffer, t->filled, &t->head);
    }
    return complete < 0 ? failed(t, 0, "the answer is not HTTP") : STATUS_OK;
}

static int ask(struct transfer *t)
{
    uint32_t address;
    int status = client_resolve(t->call, t->url.host, &address), rc;

    if (status)
        return status;
    t->socket = client_connect(address, t->url.port, WAIT);
    if (t->socket < 0)
        return failed(t, t->socket, "it cannot be connected to");
    rc = send_request(t);
    return rc ? failed(t, rc, "the request cannot be sent") : read_head(t);
}

/* Follows redirections, up to a number of them. */
static int ask_until_found(struct transfer *t)
{
    const char *problem;

    for (unsigned i = 0; i <= REDIRECTS; i++) {
        int status = ask(t);

        if (status)
            return status;
        if (t->head.status / 100 != 3 || !t->head.location[0])
            break;
        close(t->socket);
        t->socket = -1;
        if (t->head.location[0] == '/')
            strcpy(t->url.path, t->head.location);
        else if (!http_url_parse(t->head.location, &t->url, &problem))
            return report_failure(t->call, t->head.location, 0, NULL, "the server sends us there, but %s",
                                  problem);
    }
    if (t->head.status != 200)
        return report_failure(t->call, t->url.path, 0, NULL, "%s answers %u", t->url.host, t->head.status);
    return t->head.chunked ? failed(t, 0, "the answer comes in chunks, which nobody asked for") : STATUS_OK;
}

/* ---- its body ---- */

static int put(struct transfer *t, const char *bytes, size_t length)
{
    ssize_t n;

    t->done += length;
    if (!t->path) {
        fwrite(bytes, 1, length, stdout);
        return STATUS_OK;
    }
    for (; length; bytes += n, length -= (size_t)n) {
        n = write(t->file, bytes, length);
        if (n <= 0) {
            int err = n < 0 ? errno : ENOSPC;

            clear_progress(t);
            return report_failure(t->call, t->path, err, NULL, "it cannot be written");
        }
    }
    return STATUS_OK;
}

static void show_progress(struct transfer *t)
{
    uint64_t now = pv_now_ns();

    if (!t->path || now - t->shown_ns < PV_NS_PER_SEC)
        return;
    t->shown_ns = now;
    t->shown = true;
    if (t->head.has_length && t->head.length)
        printf("\r%s: %" PRIu64 " KiB of %" PRIu64 " KiB (%" PRIu64 "%%)", t->path, t->done / 1024,
               t->head.length / 1024, t->done * 100 / t->head.length);
    else
        printf("\r%s: %" PRIu64 " KiB", t->path, t->done / 1024);
    fflush(stdout);
}

static int copy_body(struct transfer *t)
{
    ssize_t n = 0;
    int status = put(t, t->buffer + t->head.bytes, t->filled - t->head.bytes);

    while (status == STATUS_OK && !(t->head.has_length && t->done >= t->head.length)) {
        n = client_receive(t->socket, t->buffer, BUFFER, WAIT);
        if (n <= 0)
            break;
        status = put(t, t->buffer, (size_t)n);
        show_progress(t);
    }
    if (status)
        return status;
    if (n < 0)
        return failed(t, (int)n, "the transfer broke off");
    if (t->head.has_length && t->done != t->head.length)
        return failed(t, 0,
                      t->done < t->head.length ? "the connection was closed before the end"
                                               : "more came than announced");
    return STATUS_OK;
}

static int fetch_to_file(struct transfer *t)
{
    int status;

    t->file = open(t->path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (t->file < 0)
        return report_failure(t->call, t->path, errno,
                              errno == EROFS ? "-O names a file on a writable disk, -O - the terminal" : NULL,
                              "it cannot be written");
    t->shown_ns = pv_now_ns();
    status = copy_body(t);
    clear_progress(t);
    if (close(t->file) && status == STATUS_OK)
        status = report_failure(t->call, t->path, errno, NULL, "it cannot be written");
    if (status)
        unlink(t->path);        /* half a file is none */
    else
        printf("%s: %" PRIu64 " bytes\n", t->path, t->done);
    return status;
}

/* The last part of the URL's path, as a file of the root. */
static const char *default_name(const struct http_url *url, char *name, size_t size)
{
    const char *slash = strrchr(url->path, '/');
    size_t length = strcspn(slash + 1, "?");

    snprintf(name, size, "/%.*s", length ? (int)length : 10, length ? slash + 1 : "index.html");
    return name;
}

int cmd_wget(const struct command_call *call)
{
    const char *output = call_value(call, "-O"), *problem;
    struct transfer t = { .call = call, .socket = -1 };
    char path[PATH_SIZE];
    int status;

    if (!http_url_parse(call->words[0], &t.url, &problem))
        return report_failure(call, call->words[0], 0, NULL, "%s", problem);
    if (!output)
        t.path = default_name(&t.url, path, sizeof(path));
    else if (strcmp(output, "-") != 0)
        t.path = names_path(output, path, sizeof(path));
    t.buffer = malloc(BUFFER);
    if (!t.buffer)
        return report_failure(call, NULL, ENOMEM, NULL, "no memory for the transfer");
    status = ask_until_found(&t);
    if (status == STATUS_OK)
        status = t.path ? fetch_to_file(&t) : copy_body(&t);
    if (t.socket >= 0)
        close(t.socket);
    free(t.buffer);
    return status;
}
