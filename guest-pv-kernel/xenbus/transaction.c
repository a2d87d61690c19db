/* transaction.c: see <pv/xenbus.h>. */
#include <pv/xenbus.h>

#include <errno.h>

int pv_xs_in_transaction(int (*body)(void *arg, uint32_t tx), void *arg)
{
    uint32_t tx;
    int rc;

    do {
        rc = pv_xs_transaction_start(&tx);
        if (rc)
            return rc;
        rc = body(arg, tx);
        if (rc) {
            pv_xs_transaction_end(tx, false);
            return rc;
        }
        rc = pv_xs_transaction_end(tx, true);
    } while (rc == -EAGAIN);
    return rc;
}
