package dev.backplane.guest;

/**
 * What the guest's {@code /init} reads from the kernel command line.
 *
 * @param exec run the command from the image and send its output over the second serial port, instead of a shell on the
 *     console
 * @param rows the console's height in lines, 0 if not known
 * @param columns the console's width in characters, 0 if not known
 * @param terminal the console's terminal type as in {@code TERM}, empty if not known
 */
public record GuestArguments(boolean exec, int rows, int columns, String terminal) {
    /** What a terminfo name is made of. Anything else would end the word on the kernel command line or worse. */
    private static final String TERMINAL = "[A-Za-z0-9+._-]{0,64}";

    /** A value that is out of range or malformed, as a foreign terminal may report it, is the same as not known. */
    public GuestArguments {
        rows = rows > 0 && rows <= 0xffff ? rows : 0;
        columns = columns > 0 && columns <= 0xffff ? columns : 0;
        terminal = terminal.matches(TERMINAL) ? terminal : "";
    }

    /** For {@link GuestMaker#addCommand}. */
    public static GuestArguments command() {
        return new GuestArguments(true, 0, 0, "");
    }

    /** For an interactive shell. */
    public static GuestArguments console(int rows, int columns, String terminal) {
        return new GuestArguments(false, rows, columns, terminal);
    }

    /** The words to add to the kernel command line, separated by spaces; may be empty. */
    public String words() {
        StringBuilder words = new StringBuilder();
        if (exec) {
            words.append(" backplane.exec");
        }
        if (rows > 0 && columns > 0) {
            words.append(" backplane.rows=").append(rows);
            words.append(" backplane.cols=").append(columns);
        }
        if (!terminal.isEmpty()) {
            words.append(" backplane.term=").append(terminal);
        }
        return words.toString().trim();
    }
}
