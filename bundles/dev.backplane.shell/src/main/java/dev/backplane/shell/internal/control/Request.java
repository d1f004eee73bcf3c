package dev.backplane.shell.internal.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a client asks for.
 *
 * @param json whether answers are for a machine
 * @param interactive whether a person types at a terminal
 * @param columns the terminal's size, 0 where it is none
 * @param rows the terminal's size, 0 where it is none
 * @param terminal the terminal's type
 * @param folder where the client stands
 * @param words a command line, or one word that is a whole line; none: a session
 */
public record Request(
        boolean json, boolean interactive, int columns, int rows, String terminal, String folder, List<String> words) {
    private static final String VERSION = "1";
    private static final String BETWEEN = "\0";
    private static final int FACTS = 7;

    Frame frame() {
        List<String> fields = new ArrayList<>(List.of(
                VERSION,
                Boolean.toString(json),
                Boolean.toString(interactive),
                Integer.toString(columns),
                Integer.toString(rows),
                terminal,
                folder));
        fields.addAll(words);
        return Frame.of(Frame.Kind.REQUEST, String.join(BETWEEN, fields));
    }

    static Request of(Frame frame) throws IOException {
        List<String> fields = Arrays.asList(frame.text().split(BETWEEN, -1));
        if (frame.kind() != Frame.Kind.REQUEST || !fields.getFirst().equals(VERSION)) {
            throw new IOException("this process is of another version of Backplane: use the ctl that came with it");
        }
        if (fields.size() < FACTS) {
            throw new IOException("a request of " + fields.size() + " fields, at least " + FACTS + " were expected");
        }
        return new Request(
                Boolean.parseBoolean(fields.get(1)),
                Boolean.parseBoolean(fields.get(2)),
                number(fields.get(3)),
                number(fields.get(4)),
                fields.get(5),
                fields.get(6),
                List.copyOf(fields.subList(FACTS, fields.size())));
    }

    /** A number of columns or rows. */
    static int number(String text) throws IOException {
        if (!text.matches("[0-9]{1,5}")) {
            throw new IOException("a number was expected, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    /** The line for the shell. */
    public String line() {
        return words.size() == 1 ? words.getFirst() : quoted();
    }

    /** Words that came as words stay as they are. */
    private String quoted() {
        List<String> all = new ArrayList<>();
        for (String word : words) {
            all.add(word.matches("[A-Za-z0-9_./:,+=-]+") ? word : "'" + word.replace("'", "'\"'\"'") + "'");
        }
        return String.join(" ", all);
    }
}
