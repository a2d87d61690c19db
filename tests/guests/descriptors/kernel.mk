descriptors-srcs := main.c selectors.c gdt.c update_descriptor.c ldt.c bases.c
