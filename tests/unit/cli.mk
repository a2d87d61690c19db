# The pure parts of the shell.
unit-tests += cli_tokenize cli_editor cli_values cli_commands

cli_tokenize-srcs := tests/unit/test_cli_tokenize.c dom0-tools/cli/tokenize.c
cli_editor-srcs := tests/unit/test_cli_editor.c $(addprefix dom0-tools/cli/,editor.c editor_view.c history.c)
cli_values-srcs := tests/unit/test_cli_values.c $(addprefix dom0-tools/cli/,format.c json.c number.c) \
    $(addprefix dom0-tools/toolstack/,config_report.c error.c)
cli_values-flags := -Ihypercall-abi/include
cli_commands-srcs := tests/unit/test_cli_commands.c $(addprefix dom0-tools/cli/,complete.c tokenize.c \
    manual.c manual_handlers.c command.c table.c table_domain.c table_host.c table_device.c table_network.c table_services.c table_vif.c table_file.c table_store.c table_shell.c)
