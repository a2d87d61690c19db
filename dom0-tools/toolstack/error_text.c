/* The one line that an operator reads about a failure. */
#include <stdio.h>

#include <pv/error.h>

#include "error.h"

const char *toolstack_error_text(const struct toolstack_error *err, char *buf, size_t size)
{
    snprintf(buf, size, "%s%s%s (%s)%s%s", err->subject, err->subject[0] ? ": " : "", err->message,
             pv_errno_name(err->code), err->advice[0] ? "; " : "", err->advice);
    return buf;
}
