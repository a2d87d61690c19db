# The shell: pure parts (tested on the host), then what needs the kit, then the commands.
cli-pure := $(addprefix dom0-tools/cli/,tokenize.c editor.c editor_view.c history.c number.c json.c format.c \
    command.c complete.c http.c table.c table_domain.c table_host.c table_device.c table_network.c table_services.c table_vif.c table_file.c table_store.c table_shell.c)
dom0-srcs += $(cli-pure) $(addprefix dom0-tools/cli/,terminal.c names.c report.c shell.c console_view.c \
    store_walk.c rig_exit.c \
    cmd_create.c cmd_console.c cmd_domain.c cmd_shutdown.c cmd_list.c cmd_top.c devices.c cmd_host.c cmd_device.c cmd_block.c cmd_network.c \
    cmd_bridge.c cmd_ip.c cmd_ping.c cmd_wget.c cmd_forward.c net_client.c cmd_store.c \
    cmd_file.c cmd_mount.c cmd_copy.c cmd_remove.c cmd_shell.c)

# docs/cli.md is made from the command table, by a program for the build machine that has no handlers.
cli-manual-srcs := $(addprefix dom0-tools/cli/,manual.c manual_main.c manual_handlers.c command.c table.c \
    table_domain.c table_host.c table_device.c table_network.c table_services.c table_vif.c table_file.c table_store.c table_shell.c)

build/dom0-tools/cli/manual: $(cli-manual-srcs) $(wildcard dom0-tools/cli/*.h)
	$(say) HOSTCC $@
	@mkdir -p $(@D)
	$(Q)$(cc) $(host-cflags) $(host-ldflags) -o $@ $(cli-manual-srcs)

docs: build/dom0-tools/cli/manual
	$(say) DOC docs/cli.md
	$(Q)build/dom0-tools/cli/manual > docs/cli.md

.PHONY: docs
