/* A network frontend's rings against a small backend: one that behaves, and ones that lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "net/ring.h"

static char tx_page[NF_PAGE] __attribute__((aligned(4096))), rx_page[NF_PAGE] __attribute__((aligned(4096)));
static struct nf_pages tx_pages, rx_pages;
static struct nf_tx tx;
static struct nf_rx rx;
static netif_tx_back_ring_t back_tx;
static netif_rx_back_ring_t back_rx;

static int setup(void **state)
{
    unsigned i;

    (void)state;
    memset(tx_page, 0, sizeof(tx_page));
    memset(rx_page, 0, sizeof(rx_page));
    tx_pages.count = NF_TX_PAGES;
    rx_pages.count = NF_RX_PAGES;
    for (i = 0; i < NF_SLOTS; i++) {
        tx_pages.page[i] = i < NF_TX_PAGES ? calloc(1, NF_PAGE) : NULL;
        tx_pages.ref[i] = 1000 + i;
        rx_pages.page[i] = calloc(1, NF_PAGE);
        rx_pages.ref[i] = 2000 + i;
    }
    nf_tx_init(&tx, tx_page, &tx_pages);
    nf_rx_init(&rx, rx_page, &rx_pages);
    BACK_RING_ATTACH(&back_tx, (netif_tx_sring_t *)tx_page, 0, NF_PAGE);
    BACK_RING_ATTACH(&back_rx, (netif_rx_sring_t *)rx_page, 0, NF_PAGE);
    nf_rx_publish(&rx);
    return 0;
}

static int teardown(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < NF_SLOTS; i++) {
        free(tx_pages.page[i]);
        free(rx_pages.page[i]);
    }
    return 0;
}

/* ---- the backend's side ---- */

static void answer_tx(uint16_t id, int16_t status)
{
    struct netif_tx_response *answer = RING_GET_RESPONSE(&back_tx, back_tx.rsp_prod_pvt);

    answer->id = id;
    answer->status = status;
    back_tx.rsp_prod_pvt++;
    RING_PUSH_RESPONSES(&back_tx);
}

static struct netif_rx_request next_rx(void)
{
    struct netif_rx_request request;

    assert_true(back_rx.sring->req_prod != back_rx.req_cons);
    RING_COPY_REQUEST(&back_rx, back_rx.req_cons, &request);
    back_rx.req_cons++;
    return request;
}

/* Fills the next page with `fill` and answers for it; not published. */
static void give(unsigned bytes, unsigned offset, unsigned flags, uint8_t fill)
{
    struct netif_rx_request request = next_rx();
    struct netif_rx_response *answer = RING_GET_RESPONSE(&back_rx, back_rx.rsp_prod_pvt);

    memset((char *)rx_pages.page[request.gref - 2000] + offset, fill, bytes);
    answer->id = request.id;
    answer->offset = (uint16_t)offset;
    answer->flags = (uint16_t)flags;
    answer->status = (int16_t)bytes;
    back_rx.rsp_prod_pvt++;
}

static void give_extra(bool more)
{
    struct netif_extra_info *extra = (void *)RING_GET_RESPONSE(&back_rx, back_rx.rsp_prod_pvt);

    next_rx();
    memset(extra, 0, sizeof(*extra));
    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->flags = more ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
    back_rx.rsp_prod_pvt++;
}

static void publish_rx(void)
{
    RING_PUSH_RESPONSES(&back_rx);
}

/* ---- sending ---- */

static void send_one(unsigned bytes, uint8_t fill, bool blank)
{
    unsigned number;
    uint8_t *buffer = nf_tx_buffer(&tx, &number);

    assert_non_null(buffer);
    memset(buffer, fill, bytes);
    nf_tx_send(&tx, number, bytes, blank);
}

static void frames_are_sent(void **state)
{
    struct netif_tx_request request;
    const uint8_t *page;

    (void)state;
    send_one(60, 0xaa, false);
    send_one(1514, 0xbb, true);
    assert_true(nf_tx_publish(&tx));        /* the backend starts with a wish to be told of the first */
    assert_int_equal(back_tx.sring->req_prod, 2);
    RING_COPY_REQUEST(&back_tx, 0, &request);
    assert_int_equal(request.size, 60);
    assert_int_equal(request.flags, 0);
    page = tx_pages.page[request.gref - 1000];
    assert_int_equal(page[request.offset], 0xaa);
    RING_COPY_REQUEST(&back_tx, 1, &request);
    assert_int_equal(request.size, 1514);
    assert_int_equal(request.flags, NETTXF_csum_blank | NETTXF_data_validated);
    page = tx_pages.page[request.gref - 1000];
    assert_int_equal(page[request.offset + 1513], 0xbb);
    send_one(60, 0xcc, false);
    assert_false(nf_tx_publish(&tx));       /* and has not asked again */
}

static void buffers_run_out_and_come_back(void **state)
{
    unsigned i, number;

    (void)state;
    for (i = 0; i < NF_SLOTS; i++)
        send_one(100, (uint8_t)i, false);
    nf_tx_publish(&tx);
    assert_null(nf_tx_buffer(&tx, &number));
    assert_int_equal(nf_tx_reap(&tx), 0);
    assert_false(nf_tx_ask(&tx));
    answer_tx(7, NETIF_RSP_OKAY);
    answer_tx(200, NETIF_RSP_ERROR);
    assert_true(nf_tx_ask(&tx));
    assert_int_equal(nf_tx_reap(&tx), 2);
    assert_int_equal(tx.errors, 1);
    assert_non_null(nf_tx_buffer(&tx, &number));
    assert_int_equal(number, 200);
    for (i = 0; i < 3000; i++) {            /* round and round, past the ring's end, two under way */
        send_one(100, 1, false);
        nf_tx_publish(&tx);
        answer_tx((uint16_t)tx.free[tx.free_count], NETIF_RSP_OKAY);
        assert_int_equal(nf_tx_reap(&tx), 1);
    }
    assert_int_equal(tx.free_count, 2);
}

static void wrong_answers_to_what_was_sent(void **state)
{
    (void)state;
    send_one(100, 1, false);
    nf_tx_publish(&tx);
    back_tx.sring->rsp_prod = 2;            /* more than was sent */
    assert_int_equal(nf_tx_reap(&tx), -EPROTO);
    back_tx.sring->rsp_prod = (RING_IDX)-1; /* backwards */
    assert_int_equal(nf_tx_reap(&tx), -EPROTO);
    back_tx.sring->rsp_prod = 0;
    answer_tx(NF_SLOTS, NETIF_RSP_OKAY);    /* no such number */
    assert_int_equal(nf_tx_reap(&tx), -EPROTO);
}

static void an_answer_given_twice(void **state)
{
    (void)state;
    send_one(100, 1, false);
    send_one(100, 2, false);
    nf_tx_publish(&tx);
    answer_tx(0, NETIF_RSP_OKAY);
    answer_tx(0, NETIF_RSP_OKAY);
    assert_int_equal(nf_tx_reap(&tx), -EPROTO);
}

/* ---- receiving ---- */

static void frames_come(void **state)
{
    struct nf_frame f;

    (void)state;
    assert_int_equal(nf_rx_take(&rx, &f, true), 0);
    give(60, 0, 0, 0x11);
    give(1514, 100, NETRXF_data_validated, 0x22);
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), 1);
    assert_int_equal(f.bytes, 60);
    assert_false(f.verified);
    assert_int_equal(f.pieces[0].at[59], 0x11);
    nf_rx_release(&rx, &f);
    assert_int_equal(nf_rx_take(&rx, &f, true), 1);
    assert_int_equal(f.bytes, 1514);
    assert_true(f.verified);
    assert_int_equal(f.pieces[0].at[1513], 0x22);
    nf_rx_release(&rx, &f);
    assert_int_equal(nf_rx_take(&rx, &f, true), 0);
    assert_int_equal(back_rx.sring->rsp_event, 3);
    nf_rx_publish(&rx);
    assert_int_equal(back_rx.sring->req_prod, NF_SLOTS + 2);
}

/* A large frame with an extra info and fragments, and what comes behind it; many times, so that pages change
 * places. */
static void long_frames_come_in_pieces(void **state)
{
    struct nf_frame f;
    unsigned round, i;

    (void)state;
    for (round = 0; round < 500; round++) {
        give(4096, 0, NETRXF_more_data | NETRXF_extra_info | NETRXF_csum_blank, (uint8_t)round);
        publish_rx();
        assert_int_equal(nf_rx_take(&rx, &f, true), 0);     /* the rest has not come */
        give_extra(true);
        give_extra(false);
        for (i = 0; i < 14; i++)
            give(4096, 0, NETRXF_more_data, (uint8_t)(round + i));
        give(10, 4086, 0, 0x77);
        give(50, 0, 0, 0x66);
        publish_rx();
        assert_int_equal(nf_rx_take(&rx, &f, true), 1);
        assert_int_equal(f.bytes, 15 * 4096 + 10);
        assert_int_equal(f.piece_count, 16);
        assert_int_equal(f.page_count, 18);
        assert_true(f.verified);
        assert_int_equal(f.pieces[14].at[0], (uint8_t)(round + 13));
        assert_int_equal(f.pieces[15].at[9], 0x77);
        nf_rx_release(&rx, &f);
        assert_int_equal(nf_rx_take(&rx, &f, false), 1);
        assert_int_equal(f.pieces[0].at[49], 0x66);
        nf_rx_release(&rx, &f);
        nf_rx_publish(&rx);
    }
    assert_int_equal(rx.errors, 0);
}

static void failed_and_overlong_frames_are_dropped(void **state)
{
    struct nf_frame f;
    unsigned i;

    (void)state;
    give(0, 0, 0, 0);                                       /* empty */
    give(100, 0, NETRXF_more_data, 0x11);
    give(0, 0, 0, 0);                                       /* its second fragment failed */
    for (i = 0; i < 17; i++)
        give(4000, 0, i < 16 ? NETRXF_more_data : 0, 1);    /* 68000 bytes */
    give(64, 0, 0, 0x33);
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), 1);
    assert_int_equal(f.bytes, 64);
    assert_int_equal(rx.errors, 3);
    nf_rx_release(&rx, &f);
    nf_rx_publish(&rx);
    /* every page is offered again */
    assert_int_equal(back_rx.sring->req_prod - back_rx.req_cons, NF_SLOTS);
}

static void wrong_indices(void **state)
{
    struct nf_frame f;

    (void)state;
    back_rx.sring->rsp_prod = NF_SLOTS + 1;
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
    back_rx.sring->rsp_prod = (RING_IDX)-5;
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
}

static void a_fragment_beyond_its_page(void **state)
{
    struct nf_frame f;

    (void)state;
    give(100, 0, 0, 1);
    RING_GET_RESPONSE(&back_rx, 0)->offset = 4000;
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
}

static void a_page_that_was_not_offered_there(void **state)
{
    struct nf_frame f;

    (void)state;
    give(100, 0, 0, 1);
    RING_GET_RESPONSE(&back_rx, 0)->id = 9;
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
}

static void a_frame_without_an_end(void **state)
{
    struct nf_frame f;
    unsigned i;

    (void)state;
    for (i = 0; i < NF_ENTRIES + 1; i++)
        give(10, 0, NETRXF_more_data, 1);
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
}

static void extras_without_an_end(void **state)
{
    struct nf_frame f;
    unsigned i;

    (void)state;
    give(10, 0, NETRXF_extra_info, 1);
    for (i = 0; i < NF_ENTRIES; i++)
        give_extra(true);
    publish_rx();
    assert_int_equal(nf_rx_take(&rx, &f, true), -EPROTO);
}

/* Whatever a backend writes into its entries: no page is lost or taken twice, nothing outside of a page is
 * named. */
static void rubbish(void **state)
{
    struct nf_frame f;
    unsigned seed, i, j;
    int rc;

    for (seed = 1; seed < 300; seed++) {
        teardown(state);
        setup(state);
        srand(seed);
        for (i = 0; i < 200; i++) {
            uint8_t *entry = (uint8_t *)RING_GET_RESPONSE(&back_rx, i);

            if (rand() % 16 == 0)
                for (j = 0; j < 8; j++)
                    entry[j] = (uint8_t)rand();
            else
                *(struct netif_rx_response *)(void *)entry = (struct netif_rx_response){ .id = (uint16_t)i,
                    .offset = (uint16_t)(rand() % 4100), .flags = (uint16_t)(rand() % 16),
                    .status = (int16_t)(rand() % 4200) };
        }
        back_rx.sring->rsp_prod = 200;
        while ((rc = nf_rx_take(&rx, &f, true)) == 1) {
            for (i = 0; i < f.piece_count; i++)
                for (j = 0; j < f.pieces[i].bytes; j++)
                    assert_int_equal(f.pieces[i].at[j], 0);
            nf_rx_release(&rx, &f);
        }
        assert_true(rc == 0 || rc == -EPROTO);
        assert_true(rx.ring.req_prod_pvt - rx.ring.rsp_cons == NF_SLOTS);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_are_sent), TEST(buffers_run_out_and_come_back), TEST(wrong_answers_to_what_was_sent),
        TEST(an_answer_given_twice), TEST(frames_come), TEST(long_frames_come_in_pieces),
        TEST(failed_and_overlong_frames_are_dropped), TEST(wrong_indices), TEST(a_fragment_beyond_its_page),
        TEST(a_page_that_was_not_offered_there), TEST(a_frame_without_an_end), TEST(extras_without_an_end),
        TEST(rubbish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
