/* The configuration parser. The last byte chooses: the rest is a file, or an override. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct domain_config config;
    static struct config_report report;
    const char *overrides[1];
    char *text;
    int rc;

    if (size == 0)
        return 0;
    text = malloc(size);
    memcpy(text, data, size - 1);
    text[size - 1] = 0;
    overrides[0] = text;
    if (data[size - 1] & 1)
        rc = config_parse(&config, "fuzz", "name='n'\nkernel='k'\n", 20, overrides, 1, &report);
    else
        rc = config_parse(&config, "fuzz", text, size - 1, NULL, 0, &report);
    free(text);

    /* A refusal has its reason, and what is accepted obeys the rules. */
    if (rc == 0 ? report.errors != 0 : rc != -EINVAL || report.errors == 0)
        abort();
    if (rc == 0 && (config_name_problem(config.name) || !config.kernel[0] || config.vcpus == 0 ||
                    config.maxmem_kib < config.memory_kib || config.maxvcpus < config.vcpus ||
                    config.maxvcpus > CONFIG_MAX_VCPUS))
        abort();
    return 0;
}
