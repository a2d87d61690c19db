/* hooks.h: places where lwIP asks us. */
#ifndef PV_LWIP_HOOKS_H
#define PV_LWIP_HOOKS_H

#include <stdint.h>
#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct pbuf;
struct netif;
struct tcp_pcb;

uint32_t pv_net_sequence_number(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
                                uint16_t remote_port);
err_t pv_net_admit(struct tcp_pcb *pcb, const struct pbuf *p);
int pv_net_ip4_hook(struct pbuf *p, struct netif *input);

#endif
