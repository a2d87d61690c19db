/* Starting the toolstack. */
#include <errno.h>

#include "lifecycle.h"

int toolstack_init(const struct toolstack_host_ops *ops, struct toolstack_error *err)
{
    if (toolstack_ops.file_map)
        return toolstack_fail(err, -EALREADY, "toolstack", "it is running already");
    toolstack_ops = *ops;
    return lifecycle_start(err);
}
