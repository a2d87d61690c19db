descriptors-srcs := main.c selectors.c gdt.c update_descriptor.c ldt.c ldt_user.c bases.c
