/*
 * handlers.h: the functions behind the commands. Each prints its result to stdout and its one line of
 * error through report.h, and returns an exit status (command.h). The list is a macro, so that the program
 * that writes the manual can link the table without them.
 */
#ifndef ENSO_CLI_HANDLERS_H
#define ENSO_CLI_HANDLERS_H

#include "command.h"

#define COMMAND_HANDLERS(handler)                                                                            \
    /* cmd_create.c */   handler(cmd_create)                                                                 \
    /* cmd_console.c */  handler(cmd_console)                                                                \
    /* cmd_domain.c */   handler(cmd_pause) handler(cmd_unpause) handler(cmd_destroy) handler(cmd_rename)    \
                         handler(cmd_domid) handler(cmd_domname) handler(cmd_sysrq) handler(cmd_trigger)     \
                         handler(cmd_mem_set) handler(cmd_mem_max)                                           \
    /* cmd_shutdown.c */ handler(cmd_shutdown) handler(cmd_reboot)                                           \
    /* cmd_list.c */     handler(cmd_list) handler(cmd_vcpu_list) handler(cmd_uptime)                        \
    /* cmd_top.c */      handler(cmd_top)                                                                    \
    /* cmd_host.c */     handler(cmd_info) handler(cmd_dmesg) handler(cmd_debug_keys) handler(cmd_free)      \
                         handler(cmd_poweroff) handler(cmd_exit)                                             \
    /* cmd_device.c */   handler(cmd_lspci) handler(cmd_lsblk)                                               \
    /* cmd_network.c */  handler(cmd_network_list) handler(cmd_network_attach) handler(cmd_network_detach)  \
    /* cmd_block.c */    handler(cmd_block_list) handler(cmd_block_attach) handler(cmd_block_detach)         \
                         handler(cmd_backend_restart)                                                        \
    /* cmd_bridge.c */   handler(cmd_bridge)                                                                 \
    /* cmd_ip.c */       handler(cmd_ip)                                                                     \
    /* cmd_ping.c */     handler(cmd_ping) handler(cmd_nslookup)                                             \
    /* cmd_wget.c */     handler(cmd_wget)                                                                   \
    /* cmd_forward.c */  handler(cmd_forward)                                                                \
    /* cmd_store.c */    handler(cmd_xenstore_ls) handler(cmd_xenstore_read) handler(cmd_xenstore_write)     \
                         handler(cmd_xenstore_list) handler(cmd_xenstore_rm) handler(cmd_xenstore_exists)    \
                         handler(cmd_xenstore_chmod) handler(cmd_xenstore_watch)                             \
    /* cmd_mount.c */    handler(cmd_mount) handler(cmd_umount) handler(cmd_df) handler(cmd_sync)            \
    /* cmd_copy.c */     handler(cmd_cp) handler(cmd_mv)                                                     \
    /* cmd_remove.c */   handler(cmd_rm) handler(cmd_mkdir) handler(cmd_rmdir) handler(cmd_touch)            \
                         handler(cmd_truncate)                                                               \
    /* cmd_file.c */     handler(cmd_ls) handler(cmd_cat)                                                    \
    /* cmd_shell.c */    handler(cmd_help) handler(cmd_echo) handler(cmd_sleep) handler(cmd_history)         \
                         handler(cmd_clear)

#define DECLARE_HANDLER(name) int name(const struct command_call *call);
COMMAND_HANDLERS(DECLARE_HANDLER)

#endif
