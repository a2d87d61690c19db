/* Filling in a toolstack_error. Pure. */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/* Names of files and domains may hold anything; an error line must not steer the terminal. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f)
            *text = '?';
}

int toolstack_ok(struct toolstack_error *err)
{
    if (err) {
        err->code = 0;
        err->subject[0] = err->message[0] = err->advice[0] = 0;
    }
    return 0;
}

int toolstack_fail(struct toolstack_error *err, int code, const char *subject, const char *format, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    err->advice[0] = 0;
    snprintf(err->subject, sizeof(err->subject), "%s", subject ? subject : "");
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    make_printable(err->subject);
    make_printable(err->message);
    return code;
}

void toolstack_advise(struct toolstack_error *err, const char *format, ...)
{
    va_list args;

    if (!err)
        return;
    va_start(args, format);
    vsnprintf(err->advice, sizeof(err->advice), format, args);
    va_end(args);
    make_printable(err->advice);
}
