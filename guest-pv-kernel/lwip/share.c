/* share.c: what each TCP socket may have of the stack's memory: those whose program reads nothing, or
 * whose other side takes nothing, leave the rest to the others. Programs and connections together stop at
 * three quarters of the budget (memory.c); the rest is for frames on their way. */
#include "private.h"
#include "lwip/api.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sockets.h"
#include "hooks.h"

#include <malloc.h>
#include <pv/net.h>

#define SEND_LEAST    (16U * 1024)
#define MORE          24U           /* sockets that may come: the first one's share leaves room for them */
#define RECEIVE_LEAST 2048U         /* a frame of the usual length, as it lies in memory */
#define RECEIVE_MOST  (256U * 1024) /* more than the frames that fill a window */

unsigned int pv_net_sockets;

/* ---- sending ---- */

/* A quarter of the budget is for this, shared by all that are open and by some that may come. Before the
 * first byte is sent; lwIP only ever adds to this number what has gone, so that the limit stays. */
void pv_net_limit_sending(int s)
{
    struct lwip_sock *sock = lwip_socket_dbg_get_socket(s);
    size_t used, budget, share;

    pv_net_memory(&used, &budget);
    share = budget / 4 / (pv_net_sockets + MORE);
    if (share < SEND_LEAST)
        share = SEND_LEAST;
    pv_net_lock();
    if (sock && sock->conn && NETCONNTYPE_GROUP(sock->conn->type) == NETCONN_TCP && sock->conn->pcb.tcp)
        sock->conn->pcb.tcp->snd_buf = (tcpwnd_size_t)LWIP_MIN(sock->conn->pcb.tcp->snd_buf, share);
    pv_net_unlock();
}

/* ---- receiving ---- */

/* Memory, not data: a long frame may bring a single new byte. */
static size_t size_of(const struct pbuf *p)
{
    size_t n = 0;

    for (; p; p = p->next)
        n += (p->type_internal & PBUF_TYPE_ALLOC_SRC_MASK) == PBUF_TYPE_ALLOC_SRC_MASK_STD_HEAP
                 ? malloc_usable_size((void *)(uintptr_t)p) : p->len;
    return n;
}

static void add_message(void *message, void *sum)
{
    err_t err;

    if (message && !lwip_netconn_is_err_msg(message, &err))
        *(size_t *)sum += size_of(message);
}

static struct lwip_sock *socket_of(const struct tcp_pcb *pcb)
{
    for (int s = LWIP_SOCKET_OFFSET; s < LWIP_SOCKET_OFFSET + NUM_SOCKETS; s++) {
        struct lwip_sock *sock = lwip_socket_dbg_get_socket(s);

        if (sock && sock->conn && NETCONNTYPE_GROUP(sock->conn->type) == NETCONN_TCP &&
            sock->conn->pcb.tcp == pcb)
            return sock;
    }
    return NULL;
}

/* What the connection keeps that its program has not taken. One that no program has accepted yet has no
 * socket: what is known of it is how much data it keeps. */
static size_t held(const struct tcp_pcb *pcb)
{
    const struct lwip_sock *sock = socket_of(pcb);
    size_t sum = size_of(pcb->refused_data);

    for (const struct tcp_seg *seg = pcb->ooseq; seg; seg = seg->next)
        sum += size_of(seg->p);
    if (!sock)
        return sum + (size_t)(TCP_WND_MAX(pcb) - pcb->rcv_wnd) * TCP_MSS;
    if (sys_mbox_valid(&sock->conn->recvmbox))
        pv_net_each_message(sock->conn->recvmbox, add_message, &sum);
    return sum + size_of(sock->lastdata.pbuf);
}

/* Called for each segment before the connection sees it. A connection may keep an eighth of what is free:
 * one alone more than its window; many that nobody reads leave a part to all others, whose limit is the
 * same. What is refused is lost, and its sender will send it again, slower and in shorter frames. */
err_t pv_net_admit(struct tcp_pcb *pcb, const struct pbuf *p)
{
    size_t used, budget, most, limit;

    if (p->tot_len == 0 || pcb->state < ESTABLISHED)
        return ERR_OK;
    pv_net_memory(&used, &budget);
    most = budget / 4 * 3;
    limit = used < most ? (most - used) / 8 : 0;
    if (limit < RECEIVE_LEAST)
        limit = RECEIVE_LEAST;
    if (limit > RECEIVE_MOST)
        return ERR_OK;              /* no connection has that much */
    return held(pcb) + size_of(p) <= limit ? ERR_OK : ERR_MEM;
}
