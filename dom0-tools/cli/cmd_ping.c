/* cmd_ping.c: ping and nslookup. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/dns.h>
#include <pv/net.h>
#include <pv/time.h>

#include "../services/address.h"
#include "../services/inet.h"
#include "../services/services.h"
#include "net_client.h"
#include "number.h"
#include "report.h"
#include "terminal.h"

#define DATA         56U
#define ID_FIRST     0xc000U        /* below, identifiers are those of guests' pings */
#define PING_EVERY   PV_NS_PER_SEC
#define ANSWER_WAIT  (2 * PV_NS_PER_SEC)

struct ping {
    int socket;
    uint32_t address;
    uint16_t id;
    unsigned sent, received;
    uint64_t least, most, sum;      /* ns */
};

static int send_one(struct ping *p)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(p->address) } };
    uint8_t message[ICMP_BYTES + DATA] = { ICMP_ECHO };

    put16(message + ICMP_ID, p->id);
    put16(message + ICMP_ID + 2, p->sent++);
    for (unsigned i = 0; i < DATA; i++)
        message[ICMP_BYTES + i] = (uint8_t)i;
    put16(message + ICMP_CHECKSUM, (uint16_t)~checksum_fold(checksum_add(0, message, sizeof(message))));
    if (sendto(p->socket, message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
        return -errno;
    return 0;
}

/* The time to live of an answer to the last request; 0: something else, or no packet. */
static unsigned take_answer(const struct ping *p)
{
    uint8_t packet[IP4_BYTES + ICMP_BYTES + DATA + 40];
    ssize_t n = recv(p->socket, packet, sizeof(packet), 0);
    const uint8_t *icmp = packet + (packet[0] & 15) * 4;

    if (n < (ssize_t)(IP4_BYTES + ICMP_BYTES + DATA) || (packet[0] & 15) != 5 ||
        get32(packet + IP4_FROM) != p->address || icmp[ICMP_TYPE] != ICMP_ECHO_REPLY ||
        get16(icmp + ICMP_ID) != p->id || get16(icmp + ICMP_ID + 2) != (uint16_t)(p->sent - 1))
        return 0;
    return packet[IP4_TTL];
}

static void count_answer(struct ping *p, uint64_t ns, unsigned ttl)
{
    char text[ADDRESS_TEXT];

    p->least = p->received == 0 || ns < p->least ? ns : p->least;
    p->most = ns > p->most ? ns : p->most;
    p->sum += ns;
    p->received++;
    printf("%u bytes from %s: icmp_seq=%u ttl=%u time=%" PRIu64 ".%03" PRIu64 " ms\n", ICMP_BYTES + DATA,
           address_text(p->address, text), p->sent, ttl, ns / 1000000, ns / 1000 % 1000);
    fflush(stdout);
}

/* One request and its answer, if one comes. */
static int one_turn(struct ping *p)
{
    uint64_t start = pv_now_ns();
    unsigned ttl;
    int rc = send_one(p);

    while (rc == 0) {
        uint64_t passed = pv_now_ns() - start;

        rc = passed >= ANSWER_WAIT ? -ETIMEDOUT : client_wait(p->socket, POLLIN, ANSWER_WAIT - passed);
        if (rc == 0 && (ttl = take_answer(p)) != 0) {
            count_answer(p, pv_now_ns() - start, ttl);
            return 0;
        }
    }
    if (rc == -ETIMEDOUT)
        printf("no answer to icmp_seq=%u\n", p->sent);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int run_ping(struct ping *p, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t next = pv_now_ns() + PING_EVERY;
        int rc = one_turn(p);

        if (rc == 0 && i + 1 < count && next > pv_now_ns())
            rc = terminal_pause(next - pv_now_ns());
        if (rc)
            return rc;
    }
    return 0;
}

static void print_summary(const struct ping *p, const char *host)
{
    printf("%s: %u sent, %u received, %u%% lost", host, p->sent, p->received,
           p->sent ? (p->sent - p->received) * 100 / p->sent : 0);
    if (p->received)
        printf("; min/avg/max %.3f/%.3f/%.3f ms", (double)p->least / 1e6, (double)p->sum / p->received / 1e6,
               (double)p->most / 1e6);
    printf("\n");
}

int cmd_ping(const struct command_call *call)
{
    const char *count_text = call_value(call, "-c"), *host = call->words[0];
    uint64_t count = 4;
    struct ping p = { .id = (uint16_t)(ID_FIRST + (unsigned)rand() % 0x4000) };
    int status, rc, on = 1;

    if (count_text && (parse_uint(count_text, 1000000, &count) || count == 0))
        return report_usage(call->command, "`%s` is no number from 1 to 1000000", count_text);
    status = client_resolve(call, host, &p.address);
    if (status)
        return status;
    p.socket = socket(AF_INET, SOCK_RAW, 1);
    if (p.socket < 0)
        return report_failure(call, host, errno, NULL, "no socket can be had");
    ioctl(p.socket, FIONBIO, &on);
    rc = run_ping(&p, count);
    close(p.socket);
    if (rc && rc != -EINTR)
        return report_failure(call, host, rc, "`ip route` shows the ways there are", "it cannot be reached");
    print_summary(&p, host);
    return rc ? STATUS_INTERRUPTED : p.received ? STATUS_OK : STATUS_FAILED;
}

/* --- nslookup --- */

static uint32_t name_server(void)
{
    const ip_addr_t *server;
    uint32_t address;

    pv_net_lock();
    server = dns_getserver(0);
    address = IP_IS_V4(server) ? ntohl(ip4_addr_get_u32(ip_2_ip4(server))) : 0;
    pv_net_unlock();
    return address;
}

int cmd_nslookup(const struct command_call *call)
{
    const char *name = call->words[0];
    char text[ADDRESS_TEXT];
    uint32_t address;
    bool is_domain = services_domain_address(name) != 0;
    int status = client_resolve(call, name, &address);

    if (status)
        return status;
    printf("Server:  %s\n", is_domain ? "none: a domain on xenbr0" : address_text(name_server(), text));
    printf("Name:    %s\n", name);
    printf("Address: %s\n", address_text(address, text));
    return STATUS_OK;
}
