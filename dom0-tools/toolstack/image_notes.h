/* What a kernel says about itself to a domain builder: ELF notes, or the older __xen_guest section. Pure. */
#ifndef ENSO_TOOLSTACK_IMAGE_NOTES_H
#define ENSO_TOOLSTACK_IMAGE_NOTES_H

#include "elf.h"
#include "image.h"

/* Fills notes with what the file says; addresses that it does not give are IMAGE_UNSET, entry included.
 * 0; -ENOEXEC not a PV kernel, or one with demands that cannot be met; -EBADMSG malformed. */
int image_notes_read(struct image_notes *notes, const struct elf_file *elf, struct toolstack_error *err);

/* Sets the bits that a features string names ("!a|b"). 0, or -ENOEXEC for a required one that is unknown. */
int image_features(struct image_notes *notes, const char *text, const char *name,
                   struct toolstack_error *err);

#endif
