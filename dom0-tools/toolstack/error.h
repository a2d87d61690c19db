/* What a toolstack operation answers when it refuses or fails: one value that the shell prints as it is. */
#ifndef ENSO_TOOLSTACK_ERROR_H
#define ENSO_TOOLSTACK_ERROR_H

#include <stddef.h>

/* A failure. Filled by the function that returns the same code; the caller owns the struct and needs no
 * initialisation. After success only .code is meaningful, and it is 0. */
struct toolstack_error {
    int code;           /* negative errno, or 0 */
    char subject[136];  /* the file or domain it is about, "" if there is none */
    char message[280];  /* what failed, one line, no trailing newline */
    char advice[200];   /* what the operator can do about it, "" if nothing sensible */
};

/* Marks success and returns 0. err may be NULL in every function of this header. */
int toolstack_ok(struct toolstack_error *err);

/* Records a failure and returns code (negative errno). The subject is copied, bytes that are not printable
 * become '?', the formatted message is cut at the size of the field. The advice starts empty. */
int toolstack_fail(struct toolstack_error *err, int code, const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds advice to a failure just recorded. */
void toolstack_advise(struct toolstack_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the one line an operator reads: "SUBJECT: MESSAGE (ERRNO); ADVICE". Returns buf. Needs the kit. */
const char *toolstack_error_text(const struct toolstack_error *err, char *buf, size_t size);

#endif
