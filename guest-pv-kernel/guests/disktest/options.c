/* options.c: the words of the command line. */
#include "disktest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number, perhaps with k, M or G; advances *text. */
static bool read_size(const char **text, uint64_t *value)
{
    char *end;
    unsigned shift;

    if (**text < '0' || **text > '9')
        return false;
    *value = strtoull(*text, &end, 0);
    shift = *end == 'k' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (*value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    *text = end + (shift != 0);
    return true;
}

static bool read_whole(const char *text, uint64_t *value)
{
    return read_size(&text, value) && *text == 0;
}

static bool read_range(const char *text, uint64_t *min, uint64_t *max)
{
    if (!read_size(&text, min))
        return false;
    *max = *min;
    return *text == 0 || (*text == '-' && read_whole(text + 1, max));
}

static bool read_order(const char *text, bool *random)
{
    *random = strcmp(text, "random") == 0;
    return *random || strcmp(text, "sequential") == 0;
}

static bool read_word(struct options *o, const char *word)
{
    const char *value = strchr(word, '=');
    size_t n = value ? (size_t)(value - word) : strlen(word);
    const struct { const char *name; bool *flag; } flags[] = {
        { "read", &o->read }, { "write", &o->write }, { "verify", &o->verify }, { "tell", &o->tell },
        { "stay", &o->stay },
    };
    const struct { const char *name; uint64_t *number; } numbers[] = {
        { "first", &o->first }, { "size", &o->size }, { "depth", &o->depth }, { "seed", &o->seed },
        { "flush", &o->flush }, { "skew", &o->skew }, { "passes", &o->passes },
    };

    for (size_t i = 0; !value && i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(flags[i].name, word) == 0)
            return *flags[i].flag = true;
    if (!value)
        return false;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strncmp(numbers[i].name, word, n) == 0 && numbers[i].name[n] == 0)
            return read_whole(value + 1, numbers[i].number);
    if (strncmp(word, "request=", 8) == 0)
        return read_range(value + 1, &o->request_min, &o->request_max);
    return strncmp(word, "order=", 6) == 0 && read_order(value + 1, &o->random);
}

static const char *problem(const struct options *o)
{
    if (!o->disk)
        return "which disk? (`disktest xvda read`)";
    if (o->depth < 1 || o->depth > DEPTH_MAX)
        return "depth is 1 to 64";
    if (o->request_min < SECTOR || o->request_min % SECTOR || o->request_max % SECTOR ||
        o->request_max < o->request_min || o->request_max > REQUEST_MAX)
        return "request is 512 to 1M, whole sectors";
    if (o->first % SECTOR || o->size % SECTOR)
        return "first and size are whole sectors";
    return o->skew >= 4096 || o->skew % 8 ? "skew is a multiple of 8 below 4096" : NULL;
}

bool options_read(struct options *o, int argc, char **argv)
{
    *o = (struct options){ .request_min = 65536, .request_max = 65536, .depth = 8, .seed = 1, .passes = 1 };
    o->disk = argc > 1 ? argv[1] : NULL;
    for (int i = 2; i < argc; i++)
        if (!read_word(o, argv[i])) {
            printf("disktest: `%s` is not understood\n", argv[i]);
            return false;
        }
    if (problem(o)) {
        printf("disktest: %s\n", problem(o));
        return false;
    }
    o->read |= !o->write && !o->verify;
    return true;
}
