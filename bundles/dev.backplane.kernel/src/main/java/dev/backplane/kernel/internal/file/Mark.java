package dev.backplane.kernel.internal.file;

/**
 * Where something stands.
 *
 * @param source the file, or the override
 * @param line from 1; 0 where there are no lines
 * @param column from 1
 */
public record Mark(String source, int line, int column) {
    /**
     * A place that is not in a file.
     *
     * @param source what messages call it
     * @return the mark
     */
    public static Mark of(String source) {
        return new Mark(source, 0, 0);
    }

    @Override
    public String toString() {
        return line == 0 ? source : source + ":" + line + ":" + column;
    }
}
