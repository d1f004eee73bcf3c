package dev.backplane.shell.internal.gogo;

import java.util.List;

/**
 * What can be typed for one command.
 *
 * @param command its name
 * @param forms all that may follow the name
 */
record Usage(String command, List<String> forms) {
    Usage {
        forms = List.copyOf(forms);
    }

    static Usage of(String command, String... forms) {
        return new Usage(command, List.of(forms));
    }

    /** For words that fit no form. The shell prints the message. */
    IllegalArgumentException refuse(String... words) {
        StringBuilder text = new StringBuilder(command);
        for (String word : words) {
            text.append(' ').append(word);
        }
        text.append(words.length == 0 ? ": something is missing. Usage:" : ": not understood. Usage:");
        for (String form : forms) {
            text.append("\n  ").append((command + " " + form).strip());
        }
        return new IllegalArgumentException(text.toString());
    }
}
