/* content.c: from a request's path to what is sent: a file, a directory's index.html or its list, or
 * a status. */
#include "webserver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pv/vfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX (256 * 1024)   /* bytes of a directory's list */

static const struct { const char *suffix, *type; } types[] = {
    { ".html", "text/html; charset=utf-8" }, { ".htm", "text/html; charset=utf-8" }, { ".css", "text/css" },
    { ".js", "text/javascript" }, { ".json", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
    { ".cfg", "text/plain; charset=utf-8" }, { ".md", "text/plain; charset=utf-8" },
    { ".xml", "application/xml" },
    { ".svg", "image/svg+xml" }, { ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
    { ".gif", "image/gif" }, { ".webp", "image/webp" }, { ".ico", "image/x-icon" },
    { ".pdf", "application/pdf" },
    { ".wasm", "application/wasm" }, { ".gz", "application/gzip" }, { ".zip", "application/zip" },
};

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    size_t i;

    for (i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcasecmp(dot, types[i].suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}

const char *status_text(int status)
{
    switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
    }
}

static void content_page(struct content *c, int status, char *page, size_t len)
{
    c->status = status;
    c->type = "text/html; charset=utf-8";
    c->page = page;
    c->bytes = page ? page : "";
    c->size = c->length = page ? len : 0;
    c->first = 0;
}

void content_status(struct content *c, int status)
{
    char *page = malloc(256);
    int len = page ? snprintf(page, 256, "<!DOCTYPE html><title>%d %s</title><h1>%d %s</h1>\n", status,
                              status_text(status), status,
                              status_text(status)) : 0;

    c->fd = -1;
    content_page(c, status, page, (size_t)len);
}

void content_free(struct content *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->page);
    c->fd = -1;
    c->page = NULL;
}

/* ---- a directory's list ---- */

struct page {
    char *text;
    size_t len, room;
    bool full;
};

static void add(struct page *p, const char *text, size_t len)
{
    if (p->len + len > p->room) {
        size_t room = (p->len + len) * 2;
        char *larger = room <= LIST_MAX ? realloc(p->text, room) : NULL;

        if (!larger) {
            p->full = true;
            return;
        }
        p->text = larger;
        p->room = room;
    }
    memcpy(p->text + p->len, text, len);
    p->len += len;
}

static void add_text(struct page *p, const char *text)
{
    add(p, text, strlen(text));
}

/* A name as an address (percent) and as text (entities): names are others' too. */
static void add_name(struct page *p, const char *name, bool address)
{
    char code[8];

    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-_.", c) ||
            (!address && c >= 0x80)) {
            add(p, name, 1);
            continue;
        }
        snprintf(code, sizeof(code), address ? "%%%02X" : "&#%u;", c);
        add_text(p, code);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, those of directories with a slash, sorted; NULL without memory. */
static char **read_names(const char *path, size_t *count)
{
    size_t room = 256, n = 0;
    char **names = malloc(room * sizeof(*names));
    DIR *dir = names ? opendir(path) : NULL;
    struct dirent *e;

    while (dir && n < room && (e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        names[n] = malloc(strlen(e->d_name) + 2);
        if (!names[n])
            break;
        strcpy(names[n], e->d_name);
        if (e->d_type == DT_DIR)
            strcat(names[n], "/");
        n++;
    }
    if (dir)
        closedir(dir);
    *count = n;
    if (names)
        qsort(names, n, sizeof(*names), by_name);
    return names;
}

static void list(const char *path, const char *shown, struct content *c)
{
    struct page p = { 0 };
    size_t n, i;
    char **names = read_names(path, &n);

    if (!names) {
        content_status(c, 503);
        return;
    }
    add_text(&p, "<!DOCTYPE html><meta charset=utf-8><title>");
    add_name(&p, shown, false);
    add_text(&p, "</title><h1>");
    add_name(&p, shown, false);
    add_text(&p, "</h1><ul>\n");
    if (strcmp(shown, "/") != 0)
        add_text(&p, "<li><a href=\"../\">../</a>\n");
    for (i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        bool directory = len > 0 && names[i][len - 1] == '/';

        if (directory)
            names[i][len - 1] = '\0';
        add_text(&p, "<li><a href=\"");
        add_name(&p, names[i], true);
        add_text(&p, directory ? "/\">" : "\">");
        add_name(&p, names[i], false);
        add_text(&p, directory ? "/</a>\n" : "</a>\n");
        free(names[i]);
    }
    free(names);
    add_text(&p, "</ul>\n");
    content_page(c, 200, p.text, p.len);
}

/* ---- files ---- */

static void apply_range(const struct request *r, struct content *c)
{
    uint64_t first = r->first, last = r->last;

    if (!r->has_range || c->status != 200)
        return;
    if (first == UINT64_MAX) {                              /* the last so many */
        first = last < c->size ? c->size - last : 0;
        last = c->size - 1;
        if (r->last == 0)
            first = c->size;
    }
    if (first >= c->size) {
        uint64_t size = c->size;

        content_free(c);
        content_status(c, 416);
        c->first = size;                                    /* what the answer tells of it */
        return;
    }
    if (last >= c->size)
        last = c->size - 1;
    c->status = 206;
    c->first = first;
    c->length = last - first + 1;
}

static void open_file(const char *path, const struct request *r, const struct stat *st, struct content *c)
{
    size_t mapped;

    c->fd = open(path, O_RDONLY);
    if (c->fd < 0) {
        content_status(c, errno == ENOENT ? 404 : errno == EMFILE || errno == ENOMEM ? 503 : 403);
        return;
    }
    c->status = 200;
    c->type = type_of(path);
    c->size = c->length = (uint64_t)st->st_size;
    c->bytes = pv_vfs_map(c->fd, &mapped);
    if (c->bytes && mapped != c->size)
        c->bytes = NULL;
    apply_range(r, c);
}

static void find_in_directory(char *path, size_t room, const struct request *r, struct content *c)
{
    size_t len = strlen(path);
    struct stat st;

    if (r->path[strlen(r->path) - 1] != '/') {
        content_status(c, 301);
        snprintf(c->location, sizeof(c->location), "%s/", r->path);
        return;
    }
    snprintf(path + len, room - len, "index.html");
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        open_file(path, r, &st, c);
        return;
    }
    path[len] = '\0';
    list(path, r->path, c);
}

void content_find(const struct request *r, struct content *c)
{
    char path[REQUEST_PATH * 2];
    struct stat st;

    memset(c, 0, sizeof(*c));
    c->fd = -1;
    if (snprintf(path, sizeof(path) - 16, "%s%s", root, r->path) >= (int)sizeof(path) - 16) {
        content_status(c, 414);
        return;
    }
    if (stat(path, &st) != 0)
        content_status(c, 404);
    else if (S_ISDIR(st.st_mode))
        find_in_directory(path, sizeof(path), r, c);
    else if (!S_ISREG(st.st_mode) || r->path[strlen(r->path) - 1] == '/')
        content_status(c, 404);
    else
        open_file(path, r, &st, c);
}
