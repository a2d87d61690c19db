/* table_domain.c: the commands that change domains. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_domain[] = {
    {
        .name = "create",
        .arguments = "FILE [KEY=VALUE ...]",
        .summary = "build a domain from a configuration file and start it",
        .text =
            "FILE is written in the language of xl.cfg; docs/config.md lists the keys. KEY=VALUE "
            "words are read after the file and win over it; quotes around a text value can be left "
            "out.\n\n"
            "A wrong value is an error with file, line and column, and nothing is created. An unknown "
            "key is a warning. Whatever fails later is undone completely.\n\n"
            "With -c the console is attached before the first instruction of the domain runs; Ctrl-] "
            "leaves it.",
        .options = {
            { "-c", NULL, "attach to the console at once" },
            { "-p", NULL, "leave the domain paused" },
            { "-n", NULL, "dry run: check everything, create nothing" },
            { "-q", NULL, "print nothing but errors" },
        },
        .examples =
            "create hello.cfg                    # one domain, as the file says\n"
            "create hello.cfg name=web -c        # another name; attach to it\n"
            "create linux.cfg memory=1024 -n     # would it work?",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_FILE, .rest = WORD_FREE,
        .run = cmd_create,
    },
    {
        .name = "console",
        .arguments = "[NAME|ID]",
        .summary = "attach to the console of a domain, or show what it printed",
        .text =
            "What the domain printed earlier is shown first; then output appears as it comes and what "
            "is typed goes to the domain. Ctrl-] leaves. When the domain reboots, its new console "
            "follows.\n\n"
            "The last 64 KiB of each console are kept, also after the domain is gone, until they are "
            "forgotten or pushed out by domains that died later. For a dead domain the log is "
            "printed. Without a name the consoles are listed.",
        .options = {
            { "--log", NULL, "print what is kept and return" },
            { "--new", NULL, "begin with what comes now, without what was printed earlier" },
            { "--forget", NULL, "drop the log of a dead domain (no name: of all of them)" },
        },
        .examples =
            "console web          # talk to it; Ctrl-] leaves\n"
            "console --log web    # what did it say before it died?",
        .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_console,
    },
    {
        .name = "shutdown",
        .arguments = "[NAME|ID ...]",
        .summary = "ask domains to shut down in order",
        .text =
            "Writes control/shutdown in the store; the domain's kernel has to obey. What becomes of "
            "the domain then is decided by on_poweroff in its configuration. A domain that does not "
            "listen can be destroyed.",
        .options = {
            { "-a", NULL, "all domains but the control domain" },
            { "-w", NULL, "wait until they have ended; Ctrl-C stops waiting" },
            { "-t", "TIME", "with -w: wait no longer than this (30, 1.5, 2m)" },
        },
        .examples =
            "shutdown web              # ask and return\n"
            "shutdown -a -w -t 60      # all of them, within a minute",
        .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_shutdown,
    },
    {
        .name = "reboot",
        .arguments = "[NAME|ID ...]",
        .summary = "ask domains to reboot, or reboot the host",
        .text =
            "Works as shutdown does; on_reboot in the configuration decides what follows. A domain "
            "that comes back has the same name and a new id.",
        .options = {
            { "-a", NULL, "all domains but the control domain" },
            { "-w", NULL, "wait until they are back; Ctrl-C stops waiting" },
            { "-t", "TIME", "with -w: wait no longer than this" },
            { "--host", NULL, "reboot the whole machine: domains are not asked" },
        },
        .examples =
            "reboot -w web        # and wait for it\n"
            "reboot --host        # the machine itself",
        .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_reboot,
    },
    {
        .name = "destroy",
        .arguments = "NAME|ID ...",
        .summary = "end domains at once",
        .text =
            "Nothing is asked, nothing is saved; the memory is free again when the command returns. "
            "The console log stays (console --log). A domain that is just being created can be "
            "destroyed too.",
        .examples = "destroy web",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_destroy,
    },
    {
        .name = "pause",
        .arguments = "NAME|ID ...",
        .summary = "stop giving a domain CPU time",
        .text =
            "It keeps its memory and goes on where it was after `unpause`.",
        .examples = "pause web",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_pause,
    },
    {
        .name = "unpause",
        .arguments = "NAME|ID ...",
        .summary = "let a paused domain run on",
        .text = "",
        .examples = "create hello.cfg -p; unpause hello",
        .min_words = 1, .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_unpause,
    },
    {
        .name = "rename",
        .arguments = "NAME|ID NEW-NAME",
        .summary = "give a domain another name",
        .text = "",
        .examples = "rename web web-old",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_rename,
    },
    {
        .name = "mem-set",
        .arguments = "NAME|ID SIZE",
        .summary = "ask a domain to grow or shrink to a size",
        .text =
            "Writes memory/target; a balloon driver in the domain follows it, within the domain's "
            "maximum. SIZE is in MiB, or has a letter: 65536k, 64m, 1g.",
        .examples = "mem-set web 128",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_mem_set,
    },
    {
        .name = "mem-max",
        .arguments = "NAME|ID SIZE",
        .summary = "set the most memory that a domain may own",
        .text =
            "The hypervisor enforces it. SIZE as for mem-set.",
        .examples = "mem-max web 512",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_mem_max,
    },
    {
        .name = "sysrq",
        .arguments = "NAME|ID LETTER",
        .summary = "send a magic SysRq to a domain's kernel",
        .text =
            "Writes control/sysrq. Linux answers on its console: h lists the letters.",
        .examples = "sysrq linux t    # list its tasks",
        .min_words = 2, .max_words = 2, .first = WORD_DOMAIN,
        .run = cmd_sysrq,
    },
    {
        .name = "trigger",
        .arguments = "NAME|ID nmi|reset|init|power|sleep [VCPU]",
        .summary = "send a hardware-like event to a vcpu",
        .text =
            "A PV domain knows nmi alone, if its kernel has registered a handler; the others are "
            "refused.",
        .examples = "trigger linux nmi 0",
        .min_words = 2, .max_words = 3, .first = WORD_DOMAIN,
        .run = cmd_trigger,
    },
    { .name = NULL }
};

const struct command commands_look[] = {
    {
        .name = "list",
        .arguments = "[NAME|ID ...]",
        .summary = "show domains: id, memory, vcpus, state, CPU time",
        .text =
            "State has six places: r running, b blocked (waits for an event), p paused, s has shut "
            "down; then why it did: - powered off, r rebooted, s suspended, c crashed, w watchdog; "
            "and d dying. A domain with no letter waits for a CPU. Mem is in MiB.",
        .options = {
            { "-l", NULL, "everything known, configuration included, as JSON" },
            { "-v", NULL, "with UUID and shutdown reason" },
            { "--json", NULL, "the columns as JSON" },
        },
        .examples =
            "list\n"
            "list web --json",
        .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_list,
    },
    {
        .name = "vcpu-list",
        .arguments = "[NAME|ID ...]",
        .summary = "show vcpus: CPU, state, time, affinity",
        .text = "",
        .examples = "vcpu-list web",
        .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_vcpu_list,
    },
    {
        .name = "top",
        .arguments = "",
        .summary = "show who uses the CPUs, networks and disks, again and again",
        .text =
            "q or Ctrl-C leaves; any other key refreshes at once. CPU(%) is of one CPU, since the last "
            "refresh. NETTX and NETRX are KiB that the domain has sent and received, VBD_RD and VBD_WR "
            "requests of its disks, VBD_RSECT and VBD_WSECT their sectors, VBD_OO requests that had to wait "
            "for room in the backend: all since the devices were connected.",
        .options = {
            { "-x", NULL, "the devices in full, instead of states and CPUs" },
            { "-n", "COUNT", "refresh that many times; the screen is not cleared" },
            { "-d", "TIME", "time between refreshes (3 seconds)" },
        },
        .examples = "top -n 2 -d 0.5",
        .run = cmd_top,
    },
    {
        .name = "uptime",
        .arguments = "[NAME|ID ...]",
        .summary = "show how long domains have been up",
        .text = "",
        .options = { { "-s", NULL, "short form" } },
        .examples = "uptime",
        .max_words = COMMAND_ANY, .first = WORD_DOMAIN, .rest = WORD_DOMAIN,
        .run = cmd_uptime,
    },
    {
        .name = "domid",
        .arguments = "NAME",
        .summary = "print the id of a domain",
        .text = "",
        .examples = "domid web",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_domid,
    },
    {
        .name = "domname",
        .arguments = "ID",
        .summary = "print the name of a domain",
        .text = "",
        .examples = "domname 3",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_domname,
    },
    { .name = NULL }
};
