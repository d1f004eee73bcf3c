package dev.backplane.shell.internal.cli;

import dev.backplane.shell.command.Subcommand;
import dev.backplane.shell.internal.RootOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** What is typed before any subcommand. */
@Command(
        name = "backplane",
        description = "A virtual machine monitor whose parts are plugins.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = RootCommand.Version.class,
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane demo",
            "      a Linux guest with a shell on this terminal",
            "  backplane demo --exec 'uname -a; cat /proc/cpuinfo'",
            "      one command in such a guest: its output, its exit status",
            "  backplane run vm.yaml",
            "      the machine that a VM file describes",
            "",
            "'backplane COMMAND --help' explains a command.",
            "",
            "Files:",
            "  ~/.cache/backplane           guests of 'demo' (XDG_CACHE_HOME)",
            "  ~/.local/state/backplane     log and crash reports (XDG_STATE_HOME)",
            "Environment:",
            "  BACKPLANE_JAVA_OPTIONS       further options for the Java virtual machine"
        })
final class RootCommand extends RootOptions {
    private static final Set<String> OWN = Set.of("demo", "run", "restore", "types");

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version and exit.")
    private boolean version;

    /** The bundle's version, and what it runs on. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            return new String[] {
                "Backplane " + bundleVersion(),
                "Java " + System.getProperty("java.version") + " (" + System.getProperty("java.vm.name") + "), "
                        + System.getProperty("os.name") + " " + System.getProperty("os.arch")
            };
        }

        private static String bundleVersion() throws IOException {
            try (InputStream in = RootCommand.class.getResourceAsStream("/META-INF/MANIFEST.MF")) {
                Attributes attributes = in == null ? new Attributes() : new Manifest(in).getMainAttributes();
                String version = attributes.getValue("Bundle-Version");
                return version == null ? "unknown" : version;
            }
        }
    }

    /** The word that names the command; empty where there is none. */
    static String firstOf(List<String> words) {
        return words.stream().filter(word -> !word.startsWith("-")).findFirst().orElse("");
    }

    /** Our own commands: none of others is looked for where one of these is meant. */
    static boolean isOwn(String word) {
        return OWN.contains(word);
    }

    /** The whole command line, ready to execute. {@code others}: what {@link Subcommand}s have made. */
    static CommandLine commandLine(Environment environment, List<Object> others) {
        RootCommand root = new RootCommand();
        CommandLine line = new CommandLine(root);
        List<CommandLine> theirs = others.stream()
                .map(each -> each instanceof CommandLine made ? made : new CommandLine(each))
                .toList();
        String typed = firstOf(environment.words());
        // Making one takes milliseconds.
        if (theirs.stream().noneMatch(each -> each.getCommandName().equals(typed))) {
            line.addSubcommand(new DemoCommand(environment))
                    .addSubcommand(new RunCommand(environment))
                    .addSubcommand(new RestoreCommand(environment))
                    .addSubcommand(new TypesCommand(environment));
        }
        theirs.forEach(line::addSubcommand);
        root.complete(line, environment.out(), environment::say, environment.terminal()::message);
        return line;
    }
}
