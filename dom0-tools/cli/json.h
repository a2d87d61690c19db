/* json.h: writes JSON to a stream, indented by four blanks. The caller gives the structure; commas,
 * quotes, escapes and line ends are ours. A key is NULL for an element of an array. */
#ifndef ENSO_CLI_JSON_H
#define ENSO_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
    FILE *out;
    unsigned depth;                 /* open objects and arrays; at most JSON_DEPTH */
    bool filled[JSON_DEPTH + 1];    /* per level: something was written, a comma comes next */
};

void json_begin(struct json *j, FILE *out);
/* Ends the text with a line end; every object and array must have been closed. */
void json_end(struct json *j);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

/* NULL writes null. Bytes that are not valid UTF-8 are replaced by U+FFFD: the text always parses. */
void json_string(struct json *j, const char *key, const char *value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
/* A number of nanoseconds as seconds with nine decimals. */
void json_seconds(struct json *j, const char *key, uint64_t ns);

#endif
