# Interfaces in configurations; the network backend's pure part; an interface with a frontend that is played.
unit-tests += config_vif

config_vif-srcs := tests/unit/test_config_vif.c dom0-tools/toolstack/config_vif.c
config_vif-flags := -Idom0-tools
