package dev.backplane.kernel.internal.file;

/**
 * Where something stands.
 *
 * @param source the file; empty for what stands in none
 * @param line from 1; 0 where there are no lines
 * @param column from 1
 */
public record Mark(String source, int line, int column) {
    /** The place of an override, and of a text that no person wrote: messages then name the key alone. */
    public static final Mark NOWHERE = new Mark("", 0, 0);

    /**
     * A place in a text.
     *
     * @param source what messages call the text; empty for {@link #NOWHERE}
     * @param line from 1; 0 where there are no lines
     * @param column from 1
     * @return the mark
     */
    public static Mark in(String source, int line, int column) {
        return source.isEmpty() ? NOWHERE : new Mark(source, line, column);
    }

    /**
     * What a message about this place begins with.
     *
     * @return the place and a colon, or nothing
     */
    public String prefix() {
        return source.isEmpty() ? "" : this + ": ";
    }

    @Override
    public String toString() {
        if (source.isEmpty()) {
            return "an override";
        }
        return line == 0 ? source : source + ":" + line + ":" + column;
    }
}
