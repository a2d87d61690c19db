/* notes.S: the ELF notes by which a domain builder knows this image. */
#include <xen/elfnote.h>

        .macro  note type
        .section .note.Xen, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   \type
1:      .asciz  "Xen"
2:      .balign 4
3:
        .endm

        .macro  note_string type, text
        note    \type
        .asciz  "\text"
4:      .balign 4
        .endm

        .macro  note_quad type, value:vararg
        note    \type
        .quad   \value
4:      .balign 4
        .endm

        note_string XEN_ELFNOTE_GUEST_OS, "enso-kit"
        note_string XEN_ELFNOTE_GUEST_VERSION, "1"
        note_string XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
        note_string XEN_ELFNOTE_LOADER, "generic"
        note_string XEN_ELFNOTE_FEATURES, "pae_pgdir_above_4gb"
        note_quad   XEN_ELFNOTE_VIRT_BASE, pv_image_start
        note_quad   XEN_ELFNOTE_PADDR_OFFSET, pv_image_start
        note_quad   XEN_ELFNOTE_ENTRY, _start
        /* A valid page-table entry has bit 0 set: mask and value. */
        note_quad   XEN_ELFNOTE_L1_MFN_VALID, 1, 1

        .section .note.GNU-stack, "", @progbits
