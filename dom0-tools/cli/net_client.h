/* net_client.h: what the commands that talk to other hosts share: names, connections, and Ctrl-C while they
 * wait. */
#ifndef ENSO_CLI_NET_CLIENT_H
#define ENSO_CLI_NET_CLIENT_H

#include <stdint.h>
#include <sys/types.h>

#include "command.h"

/* The IPv4 address (host order) of a host: an address, a domain on xenbr0, or a name for DNS. Waits until the
 * uplink has an address, if it is about to get one. STATUS_OK, or what report_failure() returned. */
int client_resolve(const struct command_call *call, const char *host, uint32_t *address);

/* Waits until a socket can be read (or written), in short steps: 0; -EINTR Ctrl-C was typed; -ETIMEDOUT after
 * wait_ns. */
int client_wait(int socket, short events, uint64_t wait_ns);

/* A TCP connection, or a negative errno: -EINTR, -ETIMEDOUT, -ECONNREFUSED ... The socket does not block. */
int client_connect(uint32_t address, uint16_t port, uint64_t wait_ns);

/* All of the bytes: 0 or a negative errno. */
int client_send(int socket, const void *bytes, size_t length, uint64_t wait_ns);

/* Some bytes, 0 at the end, or a negative errno. */
ssize_t client_receive(int socket, void *bytes, size_t length, uint64_t wait_ns);

#endif
