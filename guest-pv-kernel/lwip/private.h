/* private.h: what the files of lwip/ share. */
#ifndef PV_LWIP_PRIVATE_H
#define PV_LWIP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets the budget for frames and data from the memory that there is. */
void pv_net_memory_init(void);

/* While a frame comes in, its own memory and that of its answer may go to the budget's end; programs stop at
 * three quarters of it. */
extern bool pv_net_receiving;

/* share.c: what each TCP socket may have of the budget. */
extern unsigned int pv_net_sockets;            /* all that are open */
void pv_net_limit_sending(int s);

/* sys_arch.c: calls fn for each message that waits in a mailbox. */
struct pv_mailbox;
void pv_net_each_message(const struct pv_mailbox *box, void (*fn)(void *message, void *arg), void *arg);

void pv_net_random_init(void);

/* A local port that nobody can tell in advance, above 49151. */
uint16_t pv_net_random_port(void);

struct netif;
void pv_net_changed(struct netif *netif);      /* its address, or its link */

#endif
