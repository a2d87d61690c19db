paging-srcs := groups.c trapped.c forms.c roots.c flushes.c mmuext.c
