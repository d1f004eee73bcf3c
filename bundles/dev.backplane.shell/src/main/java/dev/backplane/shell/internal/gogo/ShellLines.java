package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.Json;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.internal.Failures;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;

/** Carries out what one user types, line by line, in a session of Gogo. One thread. */
final class ShellLines implements AutoCloseable {
    private static final int FAILED = 1;

    private final ShellCommands commands;
    private final CommandSession session;
    private final PrintStream out;
    private final ShellCall call;
    private final boolean json;

    /**
     * Begins a session.
     *
     * @param in what Gogo's own commands read
     * @param out where answers go
     * @param call who types; its {@code say} tells what fails
     * @param json answers are for a machine
     */
    ShellLines(
            CommandProcessor processor,
            ShellCommands commands,
            InputStream in,
            PrintStream out,
            ShellCall call,
            boolean json) {
        this.commands = commands;
        this.out = out;
        this.call = call;
        this.json = json;
        session = processor.createSession(in, out, out);
        session.put(ShellCommands.CALL, call);
    }

    /** Carries out a line and tells what came of it; the status is 0 where it succeeded. */
    int run(String line) {
        try {
            if (!line.isBlank()) {
                print(result(line.strip()));
            }
            return 0;
        } catch (CommandException e) {
            call.say(e.getMessage());
            return e.status();
        } catch (Exception e) {
            call.say(text(e, line));
            return FAILED;
        } finally {
            out.flush();
        }
    }

    private Object result(String line) throws Exception {
        List<String> words = Arrays.asList(line.split("\\s+"));
        if (words.getFirst().equals("help")) {
            List<String> about = words.subList(1, words.size());
            if (about.isEmpty()) {
                Answer ours = commands.help(about);
                return json
                        ? ours
                        : new Answer(ours.text() + "\nAnd Gogo's: " + String.join(", ", others()) + "\n", null);
            }
            if (commands.nouns().contains(about.getFirst())) {
                return commands.help(about);
            }
        }
        Object result = session.execute(YamlWords.quote(line));
        return result == null ? "" : result;
    }

    private void print(Object result) {
        if (result instanceof Answer answer) {
            out.print(json ? Json.text(answer.data()) : answer.text());
            return;
        }
        String text = session.format(result, Converter.INSPECT).toString();
        if (json) {
            out.print(Json.text(text));
        } else {
            out.print(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
        }
    }

    private static String text(Exception e, String line) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        // Gogo's own words name the Java methods that it tried.
        if (message.startsWith("Cannot coerce")) {
            return line
                    + ": not understood. 'help COMMAND' tells what can follow a command, 'lb' what bundles there are.";
        }
        boolean gogos = e.getClass().getName().startsWith("org.apache.felix.gogo") || e instanceof RuntimeException;
        return gogos ? message : Failures.text(e);
    }

    /** All commands, without their scopes. */
    Set<String> names() {
        Set<String> names = new TreeSet<>();
        if (session.get(".commands") instanceof Set<?> all) {
            for (Object name : all) {
                String full = name.toString();
                names.add(full.substring(full.indexOf(':') + 1));
            }
        }
        names.addAll(commands.nouns());
        return names;
    }

    private Collection<String> others() {
        Set<String> names = names();
        names.removeAll(commands.nouns());
        return names;
    }

    /** What may follow a command's first word. */
    Collection<String> verbs(String noun) {
        return commands.verbs(noun);
    }

    @Override
    public void close() {
        session.close();
    }
}
