package dev.backplane.api.console;

/**
 * The size of a terminal in characters.
 *
 * @param columns from 0, where nobody knows it, to 65535
 * @param rows from 0, where nobody knows it, to 65535
 */
public record TerminalSize(int columns, int rows) {
    /** Of what is no terminal, or of one that does not know. */
    public static final TerminalSize UNKNOWN = new TerminalSize(0, 0);

    private static final int MOST = 0xffff;

    /** Refuses what no terminal can be. */
    public TerminalSize {
        if (columns < 0 || columns > MOST || rows < 0 || rows > MOST) {
            throw new IllegalArgumentException(
                    "a terminal of %d columns and %d rows: expected 0 to %d of each".formatted(columns, rows, MOST));
        }
    }
}
