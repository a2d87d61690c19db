/* forwards.c: see forwards.h. */
#include "forwards.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

#define LINE_SIZE 160

static struct forward forwards[FORWARDS_MOST];
static unsigned forward_count;

static bool refuse(char *problem, size_t size, const char *what, const char *why)
{
    snprintf(problem, size, "`%s` is %s", what, why);
    return false;
}

bool forward_parse(const char *protocol, const char *port, const char *target, struct forward *f,
                   char *problem, size_t size)
{
    const char *colon = strrchr(target, ':');
    size_t length = colon ? (size_t)(colon - target) : 0;

    *f = (struct forward){ .protocol = strcmp(protocol, "udp") == 0 ? IP_UDP : IP_TCP };
    if (f->protocol == IP_TCP && strcmp(protocol, "tcp") != 0)
        return refuse(problem, size, protocol, "neither tcp nor udp");
    if (!port_parse(port, &f->port))
        return refuse(problem, size, port, "no port from 1 to 65535");
    if (f->protocol == IP_UDP && f->port == 68)
        return refuse(problem, size, port, "the port of this host's own DHCP client");
    if (length == 0 || length >= sizeof(f->target) || !port_parse(colon + 1, &f->to_port))
        return refuse(problem, size, target, "not like DOMAIN:PORT or ADDRESS:PORT");
    memcpy(f->target, target, length);
    f->target[length] = 0;
    address_parse(f->target, &f->address);
    return true;
}

static unsigned find(uint8_t protocol, uint16_t port)
{
    unsigned i = 0;

    while (i < forward_count && (forwards[i].protocol != protocol || forwards[i].port != port))
        i++;
    return i;
}

int forwards_add(const struct forward *f)
{
    if (find(f->protocol, f->port) < forward_count)
        return -EEXIST;
    if (forward_count == FORWARDS_MOST)
        return -ENOSPC;
    forwards[forward_count++] = *f;
    return 0;
}

int forwards_delete(uint8_t protocol, uint16_t port)
{
    unsigned i = find(protocol, port);

    if (i == forward_count)
        return -ENOENT;
    memmove(&forwards[i], &forwards[i + 1], (--forward_count - i) * sizeof(forwards[0]));
    return 0;
}

const struct forward *forwards_at(unsigned index)
{
    return index < forward_count ? &forwards[index] : NULL;
}

void forwards_resolve(uint32_t (*find_domain)(const char *domain))
{
    uint32_t fixed;

    for (unsigned i = 0; i < forward_count; i++)
        if (!address_parse(forwards[i].target, &fixed))
            forwards[i].address = find_domain(forwards[i].target);
}

bool forwards_find(void *arg, uint8_t protocol, uint16_t port, uint32_t *address, uint16_t *to_port)
{
    unsigned i = find(protocol, port);

    (void)arg;
    if (i == forward_count)
        return false;
    *address = forwards[i].address;
    *to_port = forwards[i].to_port;
    return true;
}

static void read_line(const char *path, unsigned number, char *line)
{
    char problem[LINE_SIZE], *words[4], *rest = line, *word;
    struct forward f;
    unsigned n = 0;
    int rc = 0;

    line[strcspn(line, "#\r\n")] = 0;
    while (n < 4 && (word = strsep(&rest, " \t")) != NULL)
        if (*word)
            words[n++] = word;
    if (n == 0)
        return;
    if (n != 3)
        snprintf(problem, sizeof(problem), "not like `tcp 8080 DOMAIN:PORT`");
    else if (forward_parse(words[0], words[1], words[2], &f, problem, sizeof(problem)) &&
             (rc = forwards_add(&f)) == 0)
        return;
    else if (rc)
        snprintf(problem, sizeof(problem), "%s",
                 rc == -EEXIST ? "the port is forwarded already" : "too many forwards");
    printf("enso: %s, line %u: %s\n", path, number, problem);
}

void forwards_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_SIZE];

    for (unsigned number = 1; file && fgets(line, sizeof(line), file); number++)
        read_line(path, number, line);
    if (file)
        fclose(file);
}
