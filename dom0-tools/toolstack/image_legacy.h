/* The __xen_guest section: "KEY=VALUE,KEY=VALUE", what kernels carried before ELF notes. Pure. */
#ifndef ENSO_TOOLSTACK_IMAGE_LEGACY_H
#define ENSO_TOOLSTACK_IMAGE_LEGACY_H

#include "image.h"
#include "view.h"

/* Fills notes from the section's text. 0, -EBADMSG malformed, -ENOEXEC (see image_features). */
int image_legacy_read(struct image_notes *notes, struct view section, const char *name,
                      struct toolstack_error *err);

#endif
