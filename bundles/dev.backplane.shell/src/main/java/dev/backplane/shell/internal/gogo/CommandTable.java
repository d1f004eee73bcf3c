package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.internal.Failures;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** All commands of the shell by their words, and how one is carried out. Callable on any thread. */
final class CommandTable {
    private static final int MISUSED = 2;
    private static final int USAGE_COLUMNS = 100;

    private final NavigableMap<String, NavigableMap<String, Maker>> nouns = new ConcurrentSkipListMap<>();

    /** Makes instances of one command. */
    interface Maker {
        /** An instance for one line, null where its bundle is about to go. */
        @Nullable
        ShellCommand make();

        /** The line has been carried out. */
        void drop(ShellCommand command);
    }

    /** What every command has. */
    @Command
    private static final class Help {
        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        private boolean wanted;
    }

    /** True where this is the noun's first command. */
    synchronized boolean add(String noun, String verb, Maker maker) {
        boolean first = !nouns.containsKey(noun);
        nouns.computeIfAbsent(noun, any -> new ConcurrentSkipListMap<>()).put(verb, maker);
        return first;
    }

    /** True where that was the noun's last command. */
    synchronized boolean remove(String noun, String verb, Maker maker) {
        NavigableMap<String, Maker> verbs = nouns.get(noun);
        if (verbs == null || !verbs.remove(verb, maker) || !verbs.isEmpty()) {
            return false;
        }
        nouns.remove(noun);
        return true;
    }

    Set<String> nouns() {
        return new TreeSet<>(nouns.keySet());
    }

    /** The verbs of a noun; none where it is a command by itself. */
    Collection<String> verbs(String noun) {
        return new TreeMap<>(nouns.getOrDefault(noun, new TreeMap<>()))
                .keySet().stream().filter(verb -> !verb.isEmpty()).toList();
    }

    /**
     * Carries out a line.
     *
     * @param noun its first word
     * @param words those behind it
     * @throws CommandException with status 2 when the words fit no command
     */
    Answer run(String noun, List<String> words, ShellCall call) throws Exception {
        Map<String, Maker> verbs = nouns.getOrDefault(noun, new TreeMap<>());
        Maker alone = verbs.get("");
        if (alone != null) {
            return run(noun, alone, words, call);
        }
        if (words.isEmpty()) {
            throw new CommandException(MISUSED, noun + ": what of it? " + expected(noun));
        }
        String verb = words.getFirst();
        if (verb.equals("-h") || verb.equals("--help")) {
            return help(List.of(noun));
        }
        Maker maker = verbs.get(verb);
        if (maker == null) {
            throw new CommandException(MISUSED, "there is no command '" + noun + " " + verb + "'. " + expected(noun));
        }
        return run(noun + " " + verb, maker, words.subList(1, words.size()), call);
    }

    private String expected(String noun) {
        return noun + " knows: " + String.join(", ", verbs(noun)) + " ('help " + noun + "' tells more)";
    }

    private static Answer run(String name, Maker maker, List<String> words, ShellCall call) throws Exception {
        ShellCommand command = maker.make();
        if (command == null) {
            throw gone(name);
        }
        try {
            CommandLine line = line(name, command);
            try {
                line.parseArgs(words.toArray(String[]::new));
            } catch (ParameterException e) {
                throw new CommandException(
                        MISUSED, name + ": " + Failures.misused(e) + " ('help " + name + "' tells what can be typed)");
            }
            return line.isUsageHelpRequested() ? new Answer(line.getUsageMessage(), null) : command.run(call);
        } finally {
            maker.drop(command);
        }
    }

    private static CommandException gone(String name) {
        return new CommandException(name + ": its plugin is being stopped");
    }

    private static CommandLine line(String name, ShellCommand command) {
        CommandLine line = new CommandLine(command);
        line.getCommandSpec().name(name).addMixin("help", CommandLine.Model.CommandSpec.forAnnotatedObject(new Help()));
        return line.setExpandAtFiles(false).setUsageHelpWidth(USAGE_COLUMNS);
    }

    /**
     * What can be typed: everything, or behind one noun, or for one command.
     *
     * @throws CommandException with status 2 where there is no such command
     */
    Answer help(List<String> words) throws CommandException {
        String noun = words.isEmpty() ? "" : words.getFirst();
        if (words.size() < 2 && !nouns.getOrDefault(noun, new TreeMap<>()).containsKey("")) {
            return list(words.isEmpty() ? nouns() : Set.of(noun));
        }
        String verb = words.size() < 2 ? "" : words.get(1);
        Maker maker = nouns.getOrDefault(noun, new TreeMap<>()).get(verb);
        if (maker == null) {
            throw new CommandException(MISUSED, "there is no command '" + String.join(" ", words) + "'");
        }
        String name = (noun + " " + verb).strip();
        return with(name, maker, line -> new Answer(line.getUsageMessage(), Map.of("usage", line.getUsageMessage())));
    }

    private Answer list(Collection<String> chosen) throws CommandException {
        Map<String, String> lines = new LinkedHashMap<>();
        for (String noun : chosen) {
            for (Map.Entry<String, Maker> verb :
                    nouns.getOrDefault(noun, new TreeMap<>()).entrySet()) {
                String name = (noun + " " + verb.getKey()).strip();
                lines.put(name, with(name, verb.getValue(), CommandTable::summary));
            }
        }
        return Answer.facts(lines);
    }

    private static String summary(CommandLine line) {
        List<String> description =
                new ArrayList<>(List.of(line.getCommandSpec().usageMessage().description()));
        return description.isEmpty() ? "" : description.getFirst();
    }

    private static <T> T with(String name, Maker maker, java.util.function.Function<CommandLine, T> use)
            throws CommandException {
        ShellCommand command = maker.make();
        if (command == null) {
            throw gone(name);
        }
        try {
            return use.apply(line(name, command));
        } finally {
            maker.drop(command);
        }
    }

    /** For messages. */
    @Override
    public String toString() {
        return nouns().stream().collect(Collectors.joining(", "));
    }
}
